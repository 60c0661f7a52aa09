"""Which inputs are read together."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from pipeline.inputs.find import STANDARD_INPUT
from pipeline.values import Origin


def plan(origins: Iterable[Origin], *, target_bytes: int, target_files: int) -> Iterator[tuple[Origin, ...]]:
    """Group inputs, in their order, into batches of at most so many bytes on disk and so many files.

    What is larger than `target_bytes` by itself is a batch by itself. An archive counts by its own size,
    a pipe and what is not there as nothing.
    """
    batch: list[Origin] = []
    batch_bytes = 0
    for origin in origins:
        size = _size(origin)
        if batch and (batch_bytes + size > target_bytes or len(batch) >= target_files):
            yield tuple(batch)
            batch, batch_bytes = [], 0
        batch.append(origin)
        batch_bytes += size
    if batch:
        yield tuple(batch)


def _size(origin: Origin) -> int:
    try:
        return os.stat(0 if origin.path == STANDARD_INPUT else origin.path).st_size
    except OSError:
        return 0
