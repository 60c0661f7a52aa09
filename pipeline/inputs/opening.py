"""Inputs as open files, wherever they are: what is elsewhere is fetched into a file without a name."""

from __future__ import annotations

import os
import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial

from pipeline.buckets import bucket, is_url, split
from pipeline.inputs.find import STANDARD_INPUT
from pipeline.inputs.web import fetch, is_web
from pipeline.values import Origin

# Objects fetched at the same time, for each is waited for; and how large they may be for that, as all lie on the disk.
_AHEAD = 8
_AHEAD_BYTES = 64 << 20


def open_input(path: str) -> int:
    """A descriptor of an input, at its beginning; raises OSError, or PipelineError for what is elsewhere."""
    if is_url(path) or is_web(path):
        return _fetched(path)
    # Without O_NONBLOCK a FIFO that nobody writes to would hang the whole batch.
    return os.dup(0) if path == STANDARD_INPUT else os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)


def opened_ahead(batch: Iterable[Origin]) -> Iterator[tuple[Origin, Callable[[], int]]]:
    """Each input with what opens it, in their order; the next objects of a store are fetched meanwhile."""
    waiting: deque[tuple[Origin, Callable[[], int]]] = deque()
    fetching: set[Future[int]] = set()
    # Its threads begin with the first object.
    with ThreadPoolExecutor(_AHEAD, thread_name_prefix="fetch") as pool:
        try:
            for origin in batch:
                if origin.version and origin.listed_bytes <= _AHEAD_BYTES:
                    future = pool.submit(_fetched, origin.path)
                    fetching.add(future)
                    waiting.append((origin, partial(_taken, fetching, future)))
                else:
                    waiting.append((origin, partial(open_input, origin.path)))
                if len(waiting) > _AHEAD:
                    yield waiting.popleft()
            while waiting:
                yield waiting.popleft()
        finally:
            for future in fetching:
                if not future.cancel():
                    with suppress(Exception):
                        os.close(future.result())


def _taken(fetching: set[Future[int]], future: Future[int]) -> int:
    fetching.discard(future)
    return future.result()


def _fetched(url: str) -> int:
    with tempfile.TemporaryFile() as file:
        if is_web(url):
            import asyncio

            asyncio.run(fetch(url, file.write))
        else:
            root, key = split(url)
            bucket(root).fetch(key, file)
        file.seek(0)
        return os.dup(file.fileno())
