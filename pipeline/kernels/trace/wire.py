"""The frame of a Go execution trace: numbers, batches, generations.

internal/trace/batch.go and generation.go of Go 1.27; the numbers are encoding/binary's Uvarint.
"""

from __future__ import annotations

import numpy as np

from pipeline.kernels import inlined, kernel
from pipeline.kernels.trace import columns as c
from pipeline.values import Bytes, Int64s

# How reading a generation ended; the position says where.
END_OF_FILE = 10
ENDED = 11
NEXT_GENERATION = 12
ROOM = 13
BAD_NUMBER = 20
TOO_LARGE = 21
CUT_OFF = 22
NOT_A_BATCH = 23
ZERO_GENERATION = 24
MIXED_GENERATIONS = 25

_MOST_BATCH_BYTES = 65536
_HIGHEST = 2.0**63
_LOWEST = -(2**63)


@inlined
def number(data: Bytes, at: int, end: int) -> tuple[int, int]:
    """The unsigned LEB128 number at `at`, as 64 bits, and the position behind it; position -1 when there is none.

    Not minimal is fine, ten bytes are the most, and the tenth is 0 or 1.
    """
    if at < end:
        first = np.int64(data[np.uint64(at)])
        if first < 0x80:
            return first, at + 1
        # Nearly all have three bytes at most; a loop costs twice as much.
        if at + 2 < end:
            second = np.int64(data[np.uint64(at + 1)])
            if second < 0x80:
                return (first & 0x7F) | second << 7, at + 2
            third = np.int64(data[np.uint64(at + 2)])
            if third < 0x80:
                return (first & 0x7F) | (second & 0x7F) << 7 | third << 14, at + 3
    value = np.int64(0)
    shift = np.int64(0)
    stop = min(end, at + 10)
    while at < stop:
        byte = np.int64(data[np.uint64(at)])
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            if shift == 63 and byte > 1:
                return np.int64(0), np.int64(-1)
            return value, at
        shift += 7
    return np.int64(0), np.int64(-1)


@inlined
def nanoseconds(units: int, factor: float) -> int:
    """Clock units, unsigned, to nanoseconds, cut off behind the point; what does not fit becomes the lowest number."""
    scaled = np.float64(np.uint64(units)) * factor
    return np.int64(scaled) if scaled < _HIGHEST else np.int64(_LOWEST)


@kernel
def read_generation(
    data: Bytes, at: int, version: int, generation: int, batches: Int64s, n: int
) -> tuple[int, int, int, int, int]:
    """The batches of the generation that begins at `at`, from number `n` of `batches` on.

    version     NN of `go 1.NN trace`
    generation  its number when batches were read before, else 0
    Returns how many batches there are, the position behind the last whole one, the generation, how the reading
    ended, and what was found there. ROOM: `batches` is full; go on from there with more.
    """
    end = len(data)
    fields = np.empty(4, np.int64)
    while True:
        if at >= end:
            return n, at, generation, END_OF_FILE, 0
        start = at
        kind = data[np.uint64(at)]
        at += 1
        if kind == c.END_OF_GENERATION:
            if version >= 26:
                return n, at, generation, ENDED, 0
            return n, start, generation, ZERO_GENERATION, 0
        if kind != c.EVENT_BATCH and kind != c.EXPERIMENTAL_BATCH:
            return n, start, generation, NOT_A_BATCH, np.int64(kind)
        experiment = np.int64(0)
        if kind == c.EXPERIMENTAL_BATCH:
            if at >= end:
                return n, start, generation, BAD_NUMBER, 0
            experiment = np.int64(data[np.uint64(at)])
            at += 1
        field, at = _read_header(data, at, end, fields)
        if at < 0:
            return n, start, generation, BAD_NUMBER, field
        of, thread, time, size = fields[0], fields[1], fields[2], fields[3]
        if size < 0 or size > _MOST_BATCH_BYTES:
            return n, start, generation, TOO_LARGE, size
        if size > end - at:
            return n, start, generation, CUT_OFF, end - at
        first = np.int64(data[np.uint64(at)]) if size > 0 else np.int64(-1)
        if version >= 26 and experiment == 0 and first == c.END_OF_GENERATION:
            return n, at + size, generation if generation else of, ENDED, 0
        if of == 0:
            return n, start, generation, ZERO_GENERATION, 0
        if generation == 0:
            generation = of
        if version < 26 and of == generation + 1:
            return n, start, generation, NEXT_GENERATION, 0
        if of != generation:
            return n, start, generation, MIXED_GENERATIONS, of
        if n == len(batches):
            return n, start, generation, ROOM, 0
        row = batches[n]
        row[c.BATCH_START] = at
        row[c.BATCH_END] = at + size
        row[c.BATCH_THREAD] = thread
        row[c.BATCH_TIME] = time
        row[c.BATCH_KIND] = _kind(int(first), int(experiment), version)
        row[c.BATCH_EXPERIMENT] = experiment
        n += 1
        at += size


@kernel
def _read_header(data: Bytes, at: int, end: int, fields: Int64s) -> tuple[int, int]:
    """Generation, thread, time and size; returns the position behind them, or which one is no number, from 1, and -1."""
    for field in range(len(fields)):
        fields[field], at = number(data, at, end)
        if at < 0:
            return field + 1, at
    return 0, at


@kernel
def _kind(first: int, experiment: int, version: int) -> int:
    """What a batch is by its first byte, -1 when it is empty."""
    if experiment != 0:
        return c.EXPERIMENT
    if first == c.STRINGS or first == c.STACKS or first == c.CPU_SAMPLES:
        return first
    if (version < 25 and first == c.FREQUENCY) or (version >= 25 and first == c.SYNC):
        return c.SYNC
    return c.ORDINARY
