"""The tables of one generation of a Go execution trace: strings, stacks, CPU samples, clock.

internal/trace/generation.go of Go 1.27. Every kernel here gives up at the first fault, whose status and position it
returns. The arrays they fill may be smaller than what the batches can hold: then there are TOO_MANY.
"""

from __future__ import annotations

import numpy as np

from pipeline.kernels import kernel
from pipeline.kernels.ids import find_id
from pipeline.kernels.trace import columns as c
from pipeline.kernels.trace.wire import nanoseconds, number
from pipeline.values import Bytes, Int64s

OK = 0
BAD_NUMBER = 30
UNEXPECTED_TYPE = 31
LONG_STRING = 32
CUT_OFF_STRING = 33
DEEP_STACK = 34
TWO_FREQUENCIES = 35
TWO_SNAPSHOTS = 36
MISSING_FUNCTION = 37
MISSING_FILE = 38
BAD_TYPE_TABLE = 39
TOO_MANY = 40

_MOST_STRING_BYTES = 1024
_MOST_FRAMES = 128
_MINUS_ONE = -1

# Columns of a frame: its address, its function's and its file's string id, its line.
F_PC, F_FUNCTION, F_FILE, F_LINE = range(4)
FRAME = 4
# Columns of a clock: clock units a second as a float's bits, whether there is a snapshot, the snapshot's times.
CLOCK_FREQUENCY, CLOCK_SEEN, CLOCK_TRACE, CLOCK_MONO, CLOCK_SECONDS, CLOCK_NANOSECONDS = range(6)
CLOCK = 6


@kernel
def bytes_of(batches: Int64s, kind: int) -> int:
    """How many bytes the batches of a kind have together."""
    total = np.int64(0)
    for b in range(len(batches)):
        if batches[b, c.BATCH_KIND] == kind:
            total += batches[b, c.BATCH_END] - batches[b, c.BATCH_START]
    return total


@kernel
def read_strings(
    data: Bytes, batches: Int64s, ids: Int64s, starts: Int64s, lengths: Int64s
) -> tuple[int, int, int, int]:
    """Every string's id and span; returns how many, a status, its position and what was found there."""
    n = 0
    for b in range(len(batches)):
        if batches[b, c.BATCH_KIND] != c.STRINGS:
            continue
        at, end = batches[b, c.BATCH_START] + 1, batches[b, c.BATCH_END]
        while at < end:
            start = at
            if data[np.uint64(at)] != c.STRING:
                return n, UNEXPECTED_TYPE, at, np.int64(data[np.uint64(at)])
            identity, at = number(data, at + 1, end)
            if at < 0:
                return n, BAD_NUMBER, start, 0
            length, at = number(data, at, end)
            if at < 0:
                return n, BAD_NUMBER, start, 0
            if length < 0 or length > _MOST_STRING_BYTES:
                return n, LONG_STRING, start, length
            if length > end - at:
                return n, CUT_OFF_STRING, start, end - at
            if n == len(ids):
                return n, TOO_MANY, start, n
            ids[n] = identity
            starts[n] = at
            lengths[n] = length
            n += 1
            at += length
    return n, OK, 0, 0


@kernel
def read_stacks(
    data: Bytes, batches: Int64s, ids: Int64s, ends: Int64s, refs: Int64s, frames: Int64s, buckets: Int64s
) -> tuple[int, int, int, int, int]:
    """Every stack's id and frames, leaf first; one frame for each address, the first that the generation gives.

    refs     the stacks' frames, one stack behind the other; `ends` says where each ends
    buckets  a hash table for the addresses, of a power of two and at least twice as many as there can be frames
    Returns how many stacks and frames, a status, its position and what was found there.
    """
    n = n_refs = n_frames = 0
    for b in range(len(batches)):
        if batches[b, c.BATCH_KIND] != c.STACKS:
            continue
        at, end = batches[b, c.BATCH_START] + 1, batches[b, c.BATCH_END]
        while at < end:
            start = at
            if data[np.uint64(at)] != c.STACK:
                return n, n_frames, UNEXPECTED_TYPE, at, np.int64(data[np.uint64(at)])
            identity, at = number(data, at + 1, end)
            if at < 0:
                return n, n_frames, BAD_NUMBER, start, 0
            depth, at = number(data, at, end)
            if at < 0:
                return n, n_frames, BAD_NUMBER, start, 0
            if depth < 0 or depth > _MOST_FRAMES:
                return n, n_frames, DEEP_STACK, start, depth
            if n == len(ids) or n_refs + depth > len(refs):
                return n, n_frames, TOO_MANY, start, n
            for _ in range(depth):
                if n_frames == len(frames):
                    return n, n_frames, TOO_MANY, start, n
                at = _read_frame(data, at, end, frames[n_frames])
                if at < 0:
                    return n, n_frames, BAD_NUMBER, start, 0
                pc = frames[n_frames, F_PC]
                bucket = _bucket(buckets, frames, pc)
                if buckets[bucket] < 0:
                    buckets[bucket] = n_frames
                    n_frames += 1
                refs[n_refs] = buckets[bucket]
                n_refs += 1
            ids[n] = identity
            ends[n] = n_refs
            n += 1
    return n, n_frames, OK, 0, 0


@kernel
def _read_frame(data: Bytes, at: int, end: int, frame: Int64s) -> int:
    """Read a frame's four numbers; returns the position behind them, negative when one is none."""
    for column in range(FRAME):
        frame[column], at = number(data, at, end)
        if at < 0:
            return at
    return at


@kernel
def _bucket(buckets: Int64s, frames: Int64s, pc: int) -> int:
    """Where an address stands in the hash table, or the free place where it belongs."""
    mask = len(buckets) - 1
    mixed = np.uint64(pc) * np.uint64(0x9E3779B97F4A7C15)
    at = np.int64(mixed >> np.uint64(32)) & mask
    while buckets[at] >= 0 and frames[buckets[at], F_PC] != pc:
        at = (at + 1) & mask
    return at


@kernel
def name_frames(frames: Int64s, ids: Int64s, table: Int64s, order: Int64s) -> tuple[int, int, int]:
    """String ids of the frames to texts, id 0 being text 0; returns a status, the frame at fault and the id."""
    for f in range(len(frames)):
        for column in range(F_FUNCTION, F_FILE + 1):
            wanted = frames[f, column]
            if wanted == 0:
                continue
            place = find_id(ids, table, order, wanted)
            if place < 0:
                return MISSING_FUNCTION if column == F_FUNCTION else MISSING_FILE, f, wanted
            frames[f, column] = place + 1
    return OK, 0, 0


@kernel
def read_samples(data: Bytes, batches: Int64s, samples: Int64s) -> tuple[int, int, int, int]:
    """Every CPU sample, its time in clock units; returns how many, a status, its position and what was found there."""
    n = 0
    for b in range(len(batches)):
        if batches[b, c.BATCH_KIND] != c.CPU_SAMPLES:
            continue
        at, end = batches[b, c.BATCH_START] + 1, batches[b, c.BATCH_END]
        while at < end:
            start = at
            if data[np.uint64(at)] != c.CPU_SAMPLE:
                return n, UNEXPECTED_TYPE, at, np.int64(data[np.uint64(at)])
            at += 1
            if n == len(samples):
                return n, TOO_MANY, start, n
            for column in range(c.SAMPLE):
                value, at = number(data, at, end)
                if at < 0:
                    return n, BAD_NUMBER, start, 0
                samples[n, column] = value
            if samples[n, c.S_GOROUTINE] == 0:
                samples[n, c.S_GOROUTINE] = _MINUS_ONE
            n += 1
    return n, OK, 0, 0


@kernel
def convert_samples(samples: Int64s, ids: Int64s, table: Int64s, order: Int64s, factor: float) -> None:
    """Their times to nanoseconds, and the ids of their stacks to stacks: 0 none, -1 one that is not there."""
    for i in range(len(samples)):
        samples[i, c.S_TIME] = nanoseconds(samples[i, c.S_TIME], factor)
        wanted = samples[i, c.S_STACK]
        if wanted != 0:
            place = find_id(ids, table, order, wanted)
            samples[i, c.S_STACK] = place + 1 if place >= 0 else _MINUS_ONE


@kernel
def read_clock(data: Bytes, batches: Int64s, version: int, clock: Int64s) -> tuple[int, int, int]:
    """The frequency and the clock snapshot; returns a status, its position and what was found there."""
    for b in range(len(batches)):
        if batches[b, c.BATCH_KIND] != c.SYNC:
            continue
        at, end = batches[b, c.BATCH_START], batches[b, c.BATCH_END]
        if version >= 25:
            at += 1
        time = batches[b, c.BATCH_TIME]
        while at < end:
            start = at
            kind = data[np.uint64(at)]
            at += 1
            if kind == c.FREQUENCY:
                if clock[CLOCK_FREQUENCY] != 0:
                    return TWO_FREQUENCIES, start, 0
                clock[CLOCK_FREQUENCY], at = number(data, at, end)
                if at < 0:
                    return BAD_NUMBER, start, 0
            elif kind == c.CLOCK_SNAPSHOT and version >= 25:
                if clock[CLOCK_SEEN] != 0:
                    return TWO_SNAPSHOTS, start, 0
                clock[CLOCK_SEEN] = 1
                for column in range(CLOCK_TRACE, CLOCK):
                    clock[column], at = number(data, at, end)
                    if at < 0:
                        return BAD_NUMBER, start, 0
                time += clock[CLOCK_TRACE]
                clock[CLOCK_TRACE] = time
            else:
                return UNEXPECTED_TYPE, start, np.int64(kind)
    return OK, 0, 0


@kernel
def read_types(
    data: Bytes, batches: Int64s, ids: Int64s, sizes: Int64s, starts: Int64s, lengths: Int64s, heap: Int64s
) -> tuple[int, int, int]:
    """Go types of the allocation experiment and, into `heap`, its first address, page, object and stack alignment.

    runtime/traceallocfree.go and tracetype.go. Returns how many types, a status and its position.
    """
    n = 0
    for b in range(len(batches)):
        at, end = batches[b, c.BATCH_START], batches[b, c.BATCH_END]
        if batches[b, c.BATCH_KIND] != c.EXPERIMENT or batches[b, c.BATCH_EXPERIMENT] != 1 or at >= end:
            continue
        kind = data[np.uint64(at)]
        at += 1
        if kind == 1:
            for column in range(4):
                heap[column], at = number(data, at, end)
                if at < 0:
                    return n, BAD_TYPE_TABLE, batches[b, c.BATCH_START]
        while kind == 0 and at < end:
            start = at
            words = np.zeros(5, np.int64)
            for column in range(5):
                words[column], at = number(data, at, end)
                if at < 0:
                    return n, BAD_TYPE_TABLE, start
            if words[4] < 0 or words[4] > end - at:
                return n, BAD_TYPE_TABLE, start
            if n == len(ids):
                return n, TOO_MANY, start
            ids[n] = words[0]
            sizes[n] = words[2]
            starts[n] = at
            lengths[n] = words[4]
            n += 1
            at += words[4]
    return n, OK, 0
