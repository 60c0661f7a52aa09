"""Processes that decode batches, and how they end: with the one that started them, whatever ends that."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import active_children, connection, get_context, parent_process
from threading import Thread
from typing import Any, TypeVar

_Result = TypeVar("_Result")
_PR_SET_PDEATHSIG = 1


class _Workers(ProcessPoolExecutor):
    """Work that nobody waits for any more is not cancelled: the pool fails on that when its processes end meanwhile."""

    def map(
        self, fn: Callable[..., _Result], *iterables: Iterable[Any], timeout: float | None = None, chunksize: int = 1
    ) -> Iterator[_Result]:
        """The results in order, as they come."""
        futures = deque(self.submit(fn, *arguments) for arguments in zip(*iterables, strict=False))
        while futures:
            yield futures.popleft().result(timeout)


@contextmanager
def workers(jobs: int) -> Iterator[Executor | None]:
    """An executor of so many processes, None for this one; when the block fails they are stopped, whatever they do."""
    if jobs == 1:
        yield None
        return
    # Forking a process that has threads (polars, Arrow) can deadlock the child.
    executor = _Workers(jobs, mp_context=get_context("spawn"), initializer=_begin, initargs=(os.getpid(),))
    try:
        yield executor
    except BaseException:
        # The files of a batch in the making have no names yet; `lake vacuum` removes them.
        stop_workers()
        executor.shutdown()
        raise
    executor.shutdown()


def stop_workers() -> None:
    """Kill all processes that this one has started to work for it."""
    for child in active_children():
        child.kill()


def _begin(parent: int) -> None:
    """In a worker, before its first batch."""
    # Ctrl-C reaches every process of the group; the one that commits answers it for all.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, name="parent", daemon=True).start()
    if sys.platform == "linux":
        # At once, even when something holds the interpreter that the thread needs.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def _end_with_parent() -> None:
    parent = parent_process()
    assert parent is not None, "a worker was started by somebody"
    connection.wait([parent.sentinel])
    os.kill(os.getpid(), signal.SIGKILL)
