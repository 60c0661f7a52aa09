"""A Dask cluster whose workers decode batches: they write Parquet files into the lake, and names of files come back.

The only module that imports distributed, and only when a scheduler is named.
"""

from __future__ import annotations

import logging
import os
import platform
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, Executor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from pipeline import __version__
from pipeline.errors import PipelineError, UsageError

if TYPE_CHECKING:
    from distributed import Client, Future

_Result = TypeVar("_Result")
# What client, scheduler and workers have to agree on: what is sent between them is pickled.
_PACKAGES = ("heapscape", "distributed", "numpy")
# What they say on standard error of connections that are lost, each several lines.
_LOUD = (
    "distributed",
    "distributed.client",
    "distributed.core",
    "distributed.batched",
    "tornado.application",
    "asyncio",
)
# How often somebody looks whether there are workers left.
_LOOK_S = 5.0
_STAYS = "what was committed stays. Run it again"


class _Cluster(Executor):
    """Work on the workers of a cluster; what a worker had when it died is done again by another."""

    def __init__(self, client: Client, address: str, *, patience_s: float) -> None:
        self._client = client
        self._address = address
        self._patience_s = patience_s

    def map(
        self, fn: Callable[..., _Result], *iterables: Iterable[Any], timeout: float | None = None, chunksize: int = 1
    ) -> Iterator[_Result]:
        """The results in order, as they come."""
        with warnings.catch_warnings():
            # What the lake knows goes with the function, eight bytes a source: once to the scheduler, once to each worker. As
            # the result of a task it is there again when all workers that had it are gone; scattered it would not be.
            warnings.filterwarnings("ignore", "Sending large graph", UserWarning)
            shared = self._client.submit(_same, fn, pure=False)
        waiting = deque(
            self._client.submit(_apply, shared, __version__, *arguments, pure=False)
            for arguments in zip(*iterables, strict=False)
        )
        while waiting:
            yield self._result(waiting.popleft())

    def _result(self, future: Future[Any]) -> Any:
        """What a task comes to; raises PipelineError when nobody is left who would do it."""
        alone_s = 0.0
        while True:
            try:
                return future.result(timeout=_LOOK_S)
            except TimeoutError:
                if future.status == "error":
                    # The work itself raised it.
                    return future.result()
                # Pending, or finished by a worker that is gone with the result.
                alone_s = 0.0 if self._client.scheduler_info(n_workers=1)["workers"] else alone_s + _LOOK_S
                if alone_s > self._patience_s:
                    raise PipelineError(
                        f"{self._address}: no worker is left; {_STAYS} when there are workers: dask worker {self._address}"
                    ) from None


@contextmanager
def cluster(address: str) -> Iterator[Executor]:
    """An executor whose work the workers of the scheduler at an address do; raises PipelineError when that ends."""
    try:
        import dask
        from distributed import Client, KilledWorker
        from distributed.comm.core import CommClosedError
    except ModuleNotFoundError as error:
        raise UsageError("--scheduler needs Dask, which is not installed; pip install 'heapscape[cluster]'") from error
    for name in _LOUD:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    patience_s = dask.utils.parse_timedelta(dask.config.get("distributed.comm.timeouts.connect"))
    with warnings.catch_warnings():
        # Of versions that differ; `_check_workers` tells of those that matter.
        warnings.simplefilter("ignore")
        try:
            client: Any = Client(address, set_as_default=False)  # type: ignore[no-untyped-call]
        except (OSError, ValueError) as error:
            raise UsageError(
                f"{address}: no Dask scheduler answers there; start one with: dask scheduler, and name the address it prints"
            ) from error
    try:
        _check_workers(client, address, patience_s=patience_s)
        yield _Cluster(client, address, patience_s=patience_s)
    except KilledWorker as error:
        raise PipelineError(
            f"{address}: one batch ended several workers, for want of memory perhaps; {_STAYS} with workers that may take "
            "more memory, or with less --memory"
        ) from error
    except (CancelledError, CommClosedError) as error:
        raise PipelineError(f"{address}: the scheduler is gone; {_STAYS} when it is back") from error
    except ModuleNotFoundError as error:
        raise PipelineError(f"{address}: a worker lacks {error.name}; install the same heapscape everywhere") from error
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            client.close(timeout=_LOOK_S)


def check_paths(inputs: Sequence[str], lake: str) -> None:
    """Raise UsageError for paths that mean something else on another machine, or nothing."""
    for path in (*inputs, lake):
        if path == "-":
            raise UsageError("-: no worker of a cluster can read this standard input; write it to a file they see")
        if not os.path.isabs(path) and "://" not in path:
            raise UsageError(
                f"{path}: workers of a cluster have working folders of their own; name it from the root: {os.path.abspath(path)}"
            )


def _check_workers(client: Any, address: str, *, patience_s: float) -> None:
    """Raise PipelineError when there is no worker, or when scheduler and workers are not of the releases of this process."""
    try:
        client.wait_for_workers(1, timeout=patience_s)
    except TimeoutError as error:
        raise PipelineError(
            f"{address}: the scheduler has no workers; start some with: dask worker {address}"
        ) from error
    versions = client.get_versions(packages=list(_PACKAGES))
    expected = _releases(versions["client"])
    for where, told in (("scheduler", versions["scheduler"]), *versions["workers"].items()):
        for name, release in _releases(told).items():
            if release != expected[name]:
                raise PipelineError(
                    f"{address}: {name} is {release or 'not installed'} on {where}, {expected[name]} here; "
                    "install the same releases everywhere"
                )


def _releases(told: Mapping[str, Any]) -> Mapping[str, str | None]:
    """The releases that matter, by the names people know, of what one process told; of Python the first two numbers."""
    python = ".".join(str(told["host"]["python"]).split(".")[:2])
    return {"Python": python} | {name: told["packages"].get(name) for name in _PACKAGES}


def _same(work: _Result) -> _Result:
    return work


def _apply(work: Callable[..., _Result], release: str, *arguments: Any) -> _Result:
    """On a worker: do it, unless it has come to the cluster with another release."""
    if release != __version__:
        raise PipelineError(
            f"heapscape is {__version__} on worker {platform.node()}, {release} where the command runs; "
            "install the same release everywhere"
        )
    return work(*arguments)
