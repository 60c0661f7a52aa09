"""Which inputs need to be read, and which are read together."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from pipeline.hashes import hash_of
from pipeline.inputs.find import STANDARD_INPUT
from pipeline.values import Int64s, Origin

# What was changed so lately may be changed again within the grain of the clock that files are stamped by.
_SETTLED_NS = 2_000_000_000


def unread(origins: Iterable[Origin], *, offered: Int64s) -> list[Origin]:
    """The inputs that are not known by path, size, time of last change and labels, each with what it will be known by.

    offered  int64  what the lake knows, sorted
    """
    found = [replace(origin, offered=offered_as(origin)) for origin in origins]
    known = np.isin(np.array([origin.offered or 0 for origin in found], np.int64), offered)
    return [origin for origin, is_known in zip(found, known, strict=True) if origin.offered is None or not is_known]


def offered_as(origin: Origin) -> int | None:
    """What a file is known by without being read; None for a pipe, for what is not there and for what is being changed."""
    state = [origin.path, f"{origin.listed_bytes}", origin.version] if origin.version else _on_disk(origin.path)
    labels = (f"{name}={value}" for name, value in sorted(origin.labels.items()))
    return hash_of("\n".join([*state, *labels])) if state else None


def was_before(origin: Origin, at_ns: int) -> bool:
    """Whether a file on this machine has not been changed since a moment; false of what is none."""
    try:
        return not origin.version and origin.path != STANDARD_INPUT and os.stat(origin.path).st_mtime_ns <= at_ns
    except OSError:
        return False


def _on_disk(path: str) -> list[str] | None:
    """What tells a file from any other, and from itself after a change."""
    if path == STANDARD_INPUT:
        return None
    try:
        status = os.stat(path)
    except OSError:
        return None
    if not stat.S_ISREG(status.st_mode) or time.time_ns() - status.st_mtime_ns < _SETTLED_NS:
        return None
    return [os.path.abspath(path), f"{status.st_size}", f"{status.st_mtime_ns}"]


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


def is_small(origins: Iterable[Origin], *, most_bytes: int) -> bool:
    """Whether all inputs are files on this machine, which can be read a second time, and have so many bytes at most."""
    total = 0
    for origin in origins:
        try:
            status = os.stat(origin.path)
        except OSError:
            return False
        if origin.version or not stat.S_ISREG(status.st_mode):
            return False
        total += status.st_size
    return total <= most_bytes


def _size(origin: Origin) -> int:
    if origin.version:
        return origin.listed_bytes
    try:
        return os.stat(0 if origin.path == STANDARD_INPUT else origin.path).st_size
    except OSError:
        return 0
