"""Traces before Go 1.22 to events in order, as newer traces have them: the whole of one is one generation.

internal/trace/internal/tracev1 and internal/trace/tracev1.go of Go 1.27. Such a trace has to be in memory whole, for its
strings and stacks come last and its events are sorted; what is wrong anywhere makes all of it unreadable, as for Go.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from pipeline.formats.gotrace import memory as mem
from pipeline.formats.gotrace import wire
from pipeline.formats.gotrace.generation import Clock, Generation, Types
from pipeline.formats.gotrace.order import Chunk, Ordered
from pipeline.formats.gotrace.wire import HEADER_BYTES, Ending, TraceError
from pipeline.kernels.gather import gather_spans
from pipeline.kernels.ids import index_ids
from pipeline.kernels.trace import columns as c
from pipeline.kernels.trace import order as trace_order
from pipeline.kernels.trace import tables as trace_tables
from pipeline.kernels.trace_v1 import check, order, rows, spans
from pipeline.kernels.trace_v1 import wire as w
from pipeline.values import Bytes, Int32s, Int64s, Strings

VERSIONS = (11, 19, 21)
# Each takes 40 bytes until the last has become a row.
MOST_EVENTS = 1 << 23
# Goroutines and tasks; each takes some 60 bytes.
MOST_IDS = 1 << 21
# Frames of all stacks together.
_MOST_FRAMES = 1 << 22
# What a whole trace may have of these, which a generation of a newer one may have.
_MOST: Mapping[int, tuple[int, str]] = {
    w.BATCH: (wire.MOST_BATCHES, "batches"),
    w.STRING: (wire.MOST_TEXTS, "strings"),
    w.LOG: (wire.MOST_TEXTS, "logs"),
    w.STACK: (wire.MOST_STACKS, "stacks"),
    w.FRAMES: (_MOST_FRAMES, "frames in its stacks"),
    w.CPU_SAMPLE: (wire.MOST_SAMPLES, "CPU samples"),
}
_PER_SECOND = 1e9

_SENTENCES: Mapping[int, str] = {
    w.BAD_TYPE: "found event type {found}, which this version does not have; the file is damaged",
    w.BAD_NUMBER: "a number that does not end; the file is cut off or damaged there",
    w.BAD_BATCH: "a batch of the wrong form; the file is damaged",
    w.BAD_PROC: "a batch of proc {found}; the file is damaged",
    w.LONG_ARGUMENTS: "an event of {found} bytes, the most is 2048; the file is damaged",
    w.CUT_OFF: "the last event is cut off, {found} bytes should follow; the trace was not copied whole",
    w.WRONG_COUNT: "an event with {found} numbers, which is not what its type has; the file is damaged",
    w.NO_BATCH: "an event before the first batch; the file is damaged",
    w.BAD_FREQUENCY: "time stamps out of order: the clock has {found} ticks a second; the trace is of no use",
    w.BAD_STRING: "a string without an id or without a byte; the file is damaged",
    w.LONG_STRING: "a string of {found} bytes, the most is 1,000,000; the file is damaged",
    w.DEEP_STACK: "a stack of {found} numbers, which is not what its depth asks for, at most 1000; the file is damaged",
    order.NO_ORDER: "no consistent ordering of events possible: this one waits for what never comes",
    order.IMPOSSIBLE: "no consistent ordering of events possible: two events claim one state of a goroutine",
    order.TIMES_OUT_OF_ORDER: "time stamps out of order; the clocks of the machine's processors disagreed",
    order.STRAY_EXIT: "a system call ends that did not block",
    order.TOO_MANY_TRIES: "too many events wait for each other; no runtime writes that",
    check.PROC_RUNS: "a proc starts that runs",
    check.PROC_STOPPED: "a proc stops that does not run",
    check.PROC_HAS_GOROUTINE: "its proc already runs goroutine {identity}",
    check.GC_RUNS: "a GC begins before the one before it has ended",
    check.GC_STOPPED: "a GC ends that has not begun",
    check.WORLD_STOPPED: "the world is stopped that is stopped already",
    check.WORLD_RUNS: "the world is started that was not stopped",
    check.SWEEPS: "a proc begins to sweep before it has ended",
    check.SWEEPS_NOT: "a proc ends to sweep that does not",
    check.ASSISTS: "goroutine {identity} begins to assist the GC before it has ended",
    check.NOT_RUNNABLE: "goroutine {identity} is not runnable",
    check.NOT_RUNNING: "goroutine {identity} is not running",
    check.NOT_WAITING: "goroutine {identity} is not waiting",
    check.EXISTS: "goroutine {identity} is made and exists already",
    check.ON_ANOTHER: "its proc does not run goroutine {identity}",
    check.NO_GOROUTINE: "it needs a goroutine and its proc has none",
    check.TASK_EXISTS: "task {identity} begins before it has ended",
    check.REGION_MISUSED: "misuse of region in goroutine {identity}: the region that ends is not the innermost",
    check.BAD_MODE: "a region neither begins nor ends, its mode is {found}",
    check.BAD_TEXT: "found invalid string ID {found}; the trace has no such string, and was probably cut off",
    check.NOT_CONVERTED: "unexpected event type {found}, a futile wakeup, which no Go of this version writes",
}  # fmt: skip
_OF_A_PLACE = frozenset({
    check.PROC_HAS_GOROUTINE, check.ASSISTS, check.NOT_RUNNABLE, check.NOT_RUNNING, check.NOT_WAITING, check.EXISTS,
    check.ON_ANOTHER, check.TASK_EXISTS, check.REGION_MISUSED,
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Events:
    """The events of a file, as kernels/trace_v1/wire.py describes them.

    times, places  int64 (n,)        clock ticks, ns once they are in order; where in the file
    links          int32 (n, LINK)
    ids, procs     int64             goroutines and tasks by place; procs
    heads          int32 (procs,)    each proc's first event, -1 without
    is_timer       uint8 (ids,)
    """

    times: Int64s
    places: Int64s
    links: Int32s
    ids: Int64s
    procs: Int64s
    heads: Int32s
    is_timer: Bytes


@dataclass(frozen=True, slots=True)
class Names:
    """Strings, logs and stacks of a file, as kernels/trace_v1/wire.py describes them; `ticks` a second."""

    strings: Int64s
    logs: Int64s
    stack_ids: Int64s
    stack_ends: Int64s
    refs: Int64s
    frames: Int64s
    ticks: int


def ordered(data: Bytes, version: int) -> Iterator[Chunk | Ordered]:
    """The events of a whole trace in chunks, and at last what is left.

    version  NN of `go 1.NN trace`, one of VERSIONS
    Rows are those of Go's reader: procs from 1,000,000 on are none, and a task that ends without a parent has parent 0.
    """
    memory = mem.roomier(mem.fresh())
    try:
        sizes = _sizes(data, version)
        names = _names(data, sizes, version)
        events = _events(data, sizes, version)
        generation, texts = _generation(data, names)
        sequence, blocks = _in_order(data, events, names.ticks)
        _check(data, events, sequence, texts)
    except TraceError as fault:
        yield Ordered(Ending(HEADER_BYTES, fault), memory, None)
        return
    if not len(sequence):
        yield Ordered(Ending(len(data)), memory, None)
        return
    memory = _installed(memory, generation)
    memory[c.LAST_TIME] = -2
    trace_order.emit_sync(memory, -1)
    yield Chunk(mem.events(memory, 1), generation)
    threads, progress = np.full(len(events.procs), -1, np.int64), np.zeros(rows.PROGRESS, np.int64)
    built_in = len(generation.texts) - len(rows.REASONS) - len(spans.STOPS)
    of_events = (events.times, events.places, events.links, events.ids, events.procs)
    status = c.FULL
    while status != c.DONE:
        n, status = rows.convert(
            memory, data, of_events, sequence, blocks, names.logs, threads, progress, built_in, version
        )
        yield Chunk(mem.events(memory, n), generation)
        if status == c.GROW:
            if len(memory) > mem.MOST_WORDS:
                place = int(events.places[sequence[progress[rows.NEXT]]])
                yield Ordered(Ending(place, TraceError(_TOO_MUCH, position=place)), memory, generation)
                return
            memory = mem.roomier(memory)
    trace_order.emit_sync(memory, int(memory[c.LAST_TIME]))
    yield Chunk(mem.events(memory, 1), generation)
    yield Ordered(Ending(len(data)), memory, generation)


_TOO_MUCH = "more goroutines, regions and tasks at a time than heapscape holds, which are about a million"


def without_stand_ins(found: Int64s) -> None:
    """Take out of rows what only Go's reader has: procs that are none, and 0 for the parent of a task without one."""
    proc = found[:, c.PROC]
    proc[proc >= rows.FIRST_STAND_IN] = -1
    parent = found[:, c.VALUE]
    parent[(found[:, c.WIRE] == c.USER_TASK_END) & (parent == 0)] = -1


# Reading -------------------------------------------------------------------------------------------------------------


def _fault(status: int, position: int, found: int = 0, identity: int = 0) -> TraceError:
    return TraceError(_SENTENCES[status].format(found=found, identity=int(identity) % 2**64), position=position)


def _sizes(data: Bytes, version: int) -> Int64s:
    """What is in the file, as `measure` counts it; raises TraceError."""
    sizes = np.zeros(w.SIZES, np.int64)
    status, position, found = w.measure(data, HEADER_BYTES, version, sizes)
    if status:
        raise _fault(status, position, found)
    if not sizes[w.FREQUENCY]:
        raise TraceError("no frequency event; the trace was not stopped, or not copied whole", position=len(data))
    events = _timed(sizes)
    if events > MOST_EVENTS:
        reason = f"{events:,} events, and a trace before Go 1.22 may have {MOST_EVENTS:,}: it is sorted in memory"
        raise TraceError(reason, position=HEADER_BYTES)
    for kind, (most, what) in _MOST.items():
        if sizes[kind] > most:
            reason = f"{int(sizes[kind]):,} {what}, and a trace may have {most:,}; no program has so many"
            raise TraceError(reason, position=HEADER_BYTES)
    return sizes


def _timed(sizes: Int64s) -> int:
    return int(sizes[: w.END_OF_TYPES][w.IS_TIMED].sum())


def _slots(n: int) -> Int32s:
    """A hash table for at most `n` ids."""
    return np.zeros(1 << (2 * n + 2).bit_length(), np.int32)


def _events(data: Bytes, sizes: Int64s, version: int) -> Events:
    n, procs = _timed(sizes), int(sizes[w.BATCH]) + 1
    most = min(int(sizes[: w.END_OF_TYPES][w.NAMED >= 0].sum()), MOST_IDS) + 1
    found = Events(
        times=np.empty(n, np.int64),
        places=np.empty(n, np.int64),
        links=np.empty((n, w.LINK), np.int32),
        ids=np.zeros(most, np.int64),
        procs=np.zeros(procs, np.int64),
        heads=np.full(procs, -1, np.int32),
        is_timer=np.zeros(most, np.uint8),
    )
    samples, counts = np.empty(int(sizes[w.CPU_SAMPLE]), np.int64), np.zeros(w.COUNTS, np.int64)
    event = w.read_events(
        data,
        HEADER_BYTES,
        version,
        secrets.randbits(63) | 1,
        (found.times, found.places, found.links),
        (found.ids, _slots(most), found.is_timer),
        (found.procs, _slots(procs), found.heads),
        samples,
        counts,
    )
    if event >= 0:
        reason = f"more than {MOST_IDS:,} goroutines and tasks; no program has so many"
        raise TraceError(reason, position=event)
    if len(samples):
        # They are written late, and by time they are one more proc.
        samples = samples[np.argsort(found.times[samples], kind="stable")]
        found.links[samples[:-1], w.NEXT] = samples[1:]
        found.heads[0] = samples[0]
    used, n_procs = int(counts[w.IDS]), int(counts[w.PROCS])
    return Events(
        found.times, found.places, found.links, found.ids[:used], found.procs[:n_procs],
        found.heads[:n_procs], found.is_timer[:used],
    )  # fmt: skip


def _names(data: Bytes, sizes: Int64s, version: int) -> Names:
    strings, logs = (np.empty((int(sizes[kind]), 3), np.int64) for kind in (w.STRING, w.LOG))
    stacks, frames = int(sizes[w.STACK]), int(sizes[w.FRAMES])
    ids, ends, refs = np.empty(stacks, np.int64), np.empty(stacks, np.int64), np.empty(frames, np.int64)
    of_frames, counts = np.empty((frames, trace_tables.FRAME), np.int64), np.zeros(w.COUNTS, np.int64)
    of_stacks = (ids, ends, refs, of_frames, _slots(frames))
    w.read_names(data, HEADER_BYTES, version, secrets.randbits(63) | 1, strings, logs, of_stacks, counts)
    n = int(counts[w.STACKS])
    return Names(
        strings, logs, ids[:n], ends[:n], refs[: counts[w.REFS]], of_frames[: counts[w.FRAMES_READ]],
        int(counts[w.TICKS]),
    )  # fmt: skip


Texts = tuple[Int64s, Int64s, Int64s]


def _generation(data: Bytes, names: Names) -> tuple[Generation, Texts]:
    """The whole trace as a generation, and the look-up of its strings; raises TraceError."""
    string_ids = names.strings[:, 0].copy()
    table, by_id, twice, status = index_ids(string_ids)
    if status:
        raise TraceError(
            f"the trace has two of string {int(twice) % 2**64}; the file is damaged", position=HEADER_BYTES
        )
    frames = names.frames.copy()
    status, _, wanted = trace_tables.name_frames(frames, string_ids, table, by_id)
    if status:
        reason = (
            f"a stack names string {int(wanted) % 2**64}, and the trace has no such string; it was probably cut off"
        )
        raise TraceError(reason, position=HEADER_BYTES)
    none = np.zeros(0, np.int64)
    stacks, kept = _last_of_each(names.stack_ids)
    begins = np.concatenate([np.zeros(1, np.int64), names.stack_ends])
    lengths = np.diff(begins)[kept]
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
    refs = names.refs[np.repeat(begins[kept] - offsets[:-1], lengths) + np.arange(offsets[-1])]
    generation = Generation(
        number=1,
        start=HEADER_BYTES,
        end=len(data),
        data=data,
        base=0,
        min_time=0,
        clock=Clock(_PER_SECOND / names.ticks, None),
        batches=np.zeros((0, c.BATCH), np.int64),
        groups=np.zeros(1, np.int64),
        string_ids=string_ids,
        texts=_texts(data, names),
        stack_ids=stacks,
        stack_offsets=offsets,
        stack_frames=refs,
        frames=frames,
        samples=np.zeros((0, c.SAMPLE), np.int64),
        types=Types(none, *index_ids(none)[:2], none, none, np.zeros(4, np.int64), None),
    )
    return generation, (string_ids, table, by_id)


def _last_of_each(ids: Int64s) -> tuple[Int64s, Int64s]:
    """The distinct ids, and where each stands for the last time."""
    distinct, from_behind = np.unique(ids[::-1], return_index=True)
    return distinct, len(ids) - 1 - from_behind


def _texts(data: Bytes, names: Names) -> Strings:
    """Text 0, which is empty, the strings, the messages of logs and what events say by their type."""
    words = [word.encode() for word in (*rows.REASONS, *spans.STOPS)]
    places = np.concatenate([np.zeros((1, 2), np.int64), names.strings[:, 1:], names.logs[:, 1:]])
    if int(places[:, 1].sum()) > wire.MOST_TEXT_BYTES:
        raise TraceError("more than 2 GiB of strings, more than any program has", position=HEADER_BYTES)
    copied, offsets = gather_spans(data, places[:, 0].copy(), places[:, 1].copy(), np.arange(len(places)))
    lengths = np.array([len(word) for word in words], np.int64)
    return Strings(
        data=np.concatenate([copied, np.frombuffer(b"".join(words), np.uint8)]),
        starts=np.concatenate([offsets[:-1].astype(np.int64), len(copied) + np.cumsum(lengths) - lengths]),
        lengths=np.concatenate([places[:, 1], lengths]),
    )


# Order ---------------------------------------------------------------------------------------------------------------


def _in_order(data: Bytes, events: Events, ticks: int) -> tuple[Int32s, Bytes]:
    """Every event in order, and which system calls block; times become ns. Raises TraceError."""
    n, ids = len(events.times), len(events.ids)
    sequence, blocks = np.empty(n, np.int32), np.zeros(n, np.uint8)
    status, event = order.order(data, events.times, events.places, events.links, events.heads, ids, sequence)
    if not status:
        status, event = order.end_system_calls(data, events.times, events.places, events.links, ids, sequence)
    if status:
        raise _fault(status, int(events.places[event]))
    if n:
        times = events.times[sequence]
        if (times[1:] < times[:-1]).any():
            sequence = sequence[np.argsort(times, kind="stable")]
        order.to_nanoseconds(events.times, int(events.times[sequence[0]]), _PER_SECOND / ticks)
    order.system_calls_that_block(data, events.places, events.links, ids, sequence, blocks)
    return sequence, blocks


def _check(data: Bytes, events: Events, sequence: Int32s, texts: Texts) -> None:
    counts = len(events.ids), len(events.procs)
    status, event, found = check.check(data, events.places, events.links, counts, sequence, events.is_timer, texts)
    if status:
        identity = int(events.ids[found]) if status in _OF_A_PLACE else 0
        raise _fault(status, int(events.places[event]), found, identity)


def _installed(memory: Int64s, generation: Generation) -> Int64s:
    """The memory with what its rows may refer to, and a cursor for those who look it up."""
    return mem.for_generation(
        memory,
        threads=1,
        texts=mem.look_up(generation.string_ids, np.arange(1, len(generation.string_ids) + 1)),
        stacks=mem.look_up(generation.stack_ids, np.arange(1, len(generation.stack_ids) + 1)),
    )
