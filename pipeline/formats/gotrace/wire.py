"""Bytes of an execution trace to generations: batches found, tables read, nothing ordered yet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from pipeline.errors import DecodeError
from pipeline.formats.gotrace.generation import CLOCK_ALONE, Clock, Generation, Types
from pipeline.formats.gotrace.window import Window, leave_behind, read_on
from pipeline.kernels.gather import gather_spans
from pipeline.kernels.ids import index_ids
from pipeline.kernels.trace import columns as c
from pipeline.kernels.trace import tables as trace_tables
from pipeline.kernels.trace import wire as trace_wire
from pipeline.values import Bytes, Int64s, Strings

HEADER_BYTES = 16
_FIRST_BATCHES = 1024
# A day of one a second; each costs a millisecond whatever is in it.
MOST_GENERATIONS = 1 << 16
_PER_SECOND = 1e9
MOST_TEXT_BYTES = (1 << 31) - 1
# What one generation may have, so that no file takes more memory than it should: a second of any program has less.
MOST_BATCHES = 1 << 20
MOST_TEXTS = 1 << 20
MOST_STACKS = 1 << 20
MOST_FRAMES = 1 << 20
MOST_REFERENCES = 1 << 23
MOST_SAMPLES = 1 << 22
# So that 32 bits number its stacks and texts, which take three bytes at least.
_MOST_GENERATION_BYTES = 1 << 32
# How addresses are written in 64-bit programs: minPageHeapAddr, which differs each time, pageSize, MinHeapAlign, fixedStack.
_HEAP = np.array([0, 8192, 8, 2048], np.int64)

_FIELDS = ("experiment", "generation", "thread", "time", "size")
_SENTENCES: Mapping[int, str] = {
    trace_wire.BAD_NUMBER: "the batch's {field} is no whole number; the file is cut off or damaged there",
    trace_wire.TOO_LARGE: "a batch of {found} bytes, the most is 65536; the file is damaged",
    trace_wire.CUT_OFF: "the last batch is cut off: {found} bytes are left of it; the trace was not stopped, or not copied whole",
    trace_wire.NOT_A_BATCH: "expected a batch, found type {found}; the file is damaged, or something follows the trace",
    trace_wire.ZERO_GENERATION: "a batch of generation 0, which no runtime writes; the file is damaged",
    trace_wire.ROOM: "more batches in a generation than any program writes; the file is damaged",
    trace_wire.MIXED_GENERATIONS: "a batch of generation {found} before the one before it has ended; the file is damaged",
    trace_tables.BAD_NUMBER: "an entry of a table has a number that does not end; the file is damaged",
    trace_tables.UNEXPECTED_TYPE: "a table has an entry of type {found}; the file is damaged",
    trace_tables.LONG_STRING: "a string of {found} bytes, the most is 1024; the file is damaged",
    trace_tables.CUT_OFF_STRING: "a string reaches past its batch, {found} bytes are left; the file is damaged",
    trace_tables.DEEP_STACK: "a stack of {found} frames, the most is 128; the file is damaged",
    trace_tables.TWO_FREQUENCIES: "a second clock frequency; the file is damaged",
    trace_tables.TWO_SNAPSHOTS: "a second clock snapshot; the file is damaged",
    trace_tables.TOO_MANY: "more than {found} entries in a table of one generation, or frames in its stacks; no program has so many",
    trace_tables.BAD_TYPE_TABLE: "the table of Go types breaks off; the file is damaged",
}


class TraceError(DecodeError):
    """A trace, or a generation of it, that cannot be read; `position` is the byte at fault."""

    def __init__(self, reason: str, *, position: int) -> None:
        super().__init__(f"byte {position}: {reason}")
        self.reason = reason
        self.position = position

    def moved(self, base: int) -> TraceError:
        """The same of a file in which the bytes at hand begin at `base`."""
        return TraceError(self.reason, position=base + self.position)


@dataclass(frozen=True, slots=True)
class Ending:
    """How a file ended: at `position`, well when there is no fault."""

    position: int
    fault: TraceError | None = None


def generations(window: Window, version: int) -> Iterator[Generation | Ending]:
    """Each generation, and at last how the file ended. A generation that cannot be read is the end.

    window   moved on from generation to generation
    version  NN of `go 1.NN trace`, 22 to 26
    Follows readGeneration and readGenerationWithSpill of internal/trace/generation.go.
    """
    at, heap = HEADER_BYTES, _HEAP
    for _ in range(MOST_GENERATIONS):
        batches, end, number, ending, found = _batches(window, at, version=version)
        start, behind = window.base + at, window.base + end
        fault = _wire_fault(ending, found, behind)
        if window.rest is not None and ending in _AT_THE_END:
            fault = TraceError(_too_long(window), position=start)
        elif window.fault and ending in _AT_THE_END:
            fault = TraceError(window.fault, position=behind)
        if ending == trace_wire.END_OF_FILE and version >= 26:
            if not fault and (batches[:, c.BATCH_KIND] == c.ORDINARY).any():
                fault = TraceError("the last generation has no end; the trace was not stopped", position=behind)
            yield Ending(start, fault)
            return
        is_absurd = number < 0 or end - at > _MOST_GENERATION_BYTES
        if number < 0:
            fault = TraceError(
                f"generation {int(number) % 2**64}, which no runtime counts to; the file is damaged", position=start
            )
        elif is_absurd:
            fault = TraceError(f"a generation of {end - at:,} bytes, more than any runtime writes", position=start)
        is_lost = version >= 26 or not number or ending in _FATAL or window.rest is not None or is_absurd
        if fault and is_lost:
            yield Ending(start, fault)
            return
        try:
            generation = _generation(window, batches, number, start=at, end=end, version=version)
        except TraceError as error:
            yield Ending(start, error.moved(window.base))
            return
        heap = generation.types.heap if generation.types.heap.any() else heap
        yield generation if generation.is_bare else replace(generation, types=replace(generation.types, heap=heap))
        if fault or ending == trace_wire.END_OF_FILE:
            yield Ending(behind, fault)
            return
        leave_behind(window, end)
        at = behind - window.base
    fault = TraceError(
        f"more than {MOST_GENERATIONS:,} generations, more than any trace has", position=window.base + at
    )
    yield Ending(window.base + at, fault)


def _too_long(window: Window) -> str:
    return f"a generation of more than {window.most:,} bytes, which are all that may be held; give more --memory"


# What makes a generation before Go 1.26 unreadable as a whole; other faults only end it.
_FATAL = frozenset({trace_wire.ZERO_GENERATION, trace_wire.MIXED_GENERATIONS, trace_wire.ROOM})
# What reading a generation comes to at the end of the bytes at hand.
_AT_THE_END = frozenset({trace_wire.END_OF_FILE, trace_wire.BAD_NUMBER, trace_wire.CUT_OFF})


def _wire_fault(ending: int, found: int, position: int) -> TraceError | None:
    sentence = _SENTENCES.get(ending)
    if sentence is None:
        return None
    field = _FIELDS[found] if ending == trace_wire.BAD_NUMBER else ""
    return TraceError(sentence.format(found=int(found) % 2**64, field=field), position=position)


def _batches(window: Window, at: int, *, version: int) -> tuple[Int64s, int, int, int, int]:
    """Rows of a generation's batches, where it ends, its number, how the reading ended and what was found there.

    The window grows until the generation's end is in it. All places are in the window.
    """
    batches = np.empty((_FIRST_BATCHES, c.BATCH), np.int64)
    n = number = 0
    while True:
        n, at, number, ending, found = trace_wire.read_generation(window.data, at, version, number, batches, n)
        if ending == trace_wire.ROOM and n < MOST_BATCHES:
            batches = np.concatenate([batches, np.empty_like(batches)])
        elif ending not in _AT_THE_END or not read_on(window):
            return batches[:n], at, number, ending, found


def _generation(window: Window, batches: Int64s, number: int, *, start: int, end: int, version: int) -> Generation:
    """What the batches from `start` to `end` of the window hold; raises TraceError with a place in the window."""
    data = window.data
    clock = _clock(data, batches, version=version, start=start)
    times = batches[:, c.BATCH_TIME].view(np.uint64)
    min_time = trace_wire.nanoseconds(_min_time(times), clock.factor)
    if (batches[:, c.BATCH_KIND] == c.SYNC).all():
        return replace(
            CLOCK_ALONE,
            number=number,
            start=window.base + start,
            end=window.base + end,
            data=data,
            base=window.base,
            min_time=min_time,
            clock=clock,
        )
    string_ids, text_start, text_length = _strings(data, batches)
    stack_ids, stack_ends, stack_frames, frames = _stacks(data, batches)
    string_table, string_order = _index(string_ids, what="string", start=start)
    stack_table, stack_order = _index(stack_ids, what="stack", start=start)
    status, frame, wanted = trace_tables.name_frames(frames, string_ids, string_table, string_order)
    if status:
        raise _missing_name(status, wanted, stack_ids, stack_ends, stack_frames, frame=frame, start=start)
    types, type_start, type_length = _types(
        data, batches, first_text=len(string_ids) + 1, base=window.base, start=start
    )
    zero = np.zeros(1, np.int64)
    grouped, groups = _grouped(batches)
    return Generation(
        number=number,
        start=window.base + start,
        end=window.base + end,
        data=data,
        base=window.base,
        min_time=min_time,
        clock=clock,
        batches=grouped,
        groups=groups,
        string_ids=string_ids,
        texts=_texts(
            data, np.concatenate([zero, text_start, type_start]), np.concatenate([zero, text_length, type_length])
        ),
        stack_ids=stack_ids,
        stack_offsets=np.concatenate([zero, stack_ends]),
        stack_frames=stack_frames,
        frames=frames,
        samples=_samples(data, batches, (stack_ids, stack_table, stack_order), factor=clock.factor),
        types=types,
    )


def _texts(data: Bytes, starts: Int64s, lengths: Int64s) -> Strings:
    """The texts in bytes of their own, which outlive the window."""
    size = int(lengths.sum())
    if size > MOST_TEXT_BYTES:
        raise TraceError(f"{size:,} bytes of strings in a generation, more than any program has", position=0)
    copied, offsets = gather_spans(data, starts, lengths, np.arange(len(starts)))
    return Strings(copied, offsets[:-1].astype(np.int64), lengths)


def _min_time(times: np.ndarray) -> int:
    # Go takes 0 for not seen yet.
    zeros = np.flatnonzero(times == 0)
    behind = times[zeros[-1] + 1 :] if len(zeros) else times
    return int(np.array(behind.min() if len(behind) else 0, np.uint64).view(np.int64))


def _checked(status: int, position: int, found: int = 0) -> None:
    if status:
        raise TraceError(_SENTENCES[status].format(found=int(found) % 2**64), position=position)


def _clock(data: Bytes, batches: Int64s, *, version: int, start: int) -> Clock:
    clock = np.zeros(trace_tables.CLOCK, np.int64)
    _checked(*trace_tables.read_clock(data, batches, version, clock))
    frequency = int(clock[trace_tables.CLOCK_FREQUENCY]) % 2**64
    if not frequency:
        raise TraceError("the generation has no clock frequency; the trace was not stopped", position=start)
    if version >= 25 and not clock[trace_tables.CLOCK_SEEN]:
        raise TraceError("the generation has no clock snapshot; the trace was not stopped", position=start)
    factor = 1.0 / (frequency / _PER_SECOND)
    if not clock[trace_tables.CLOCK_SEEN]:
        return Clock(factor, None)
    units, mono, seconds, rest = clock[trace_tables.CLOCK_TRACE :].tolist()
    wall = (seconds * 1_000_000_000 + rest + 2**63) % 2**64 - 2**63
    return Clock(factor, (trace_wire.nanoseconds(units, factor), mono, wall))


def _strings(data: Bytes, batches: Int64s) -> tuple[Int64s, Int64s, Int64s]:
    most = min(trace_tables.bytes_of(batches, c.STRINGS) // 3, MOST_TEXTS)
    ids, starts, lengths = (np.empty(most, np.int64) for _ in range(3))
    n, *fault = trace_tables.read_strings(data, batches, ids, starts, lengths)
    _checked(*fault)
    return ids[:n], starts[:n], lengths[:n]


def _stacks(data: Bytes, batches: Int64s) -> tuple[Int64s, Int64s, Int64s, Int64s]:
    size = int(trace_tables.bytes_of(batches, c.STACKS))
    ids, ends = (np.empty(min(size // 3, MOST_STACKS), np.int64) for _ in range(2))
    refs = np.empty(min(size // 4, MOST_REFERENCES), np.int64)
    frames = np.empty((min(size // 4 + 1, MOST_FRAMES), trace_tables.FRAME), np.int64)
    buckets = np.full(1 << max(4, (2 * len(frames)).bit_length()), -1, np.int64)
    n, n_frames, *fault = trace_tables.read_stacks(data, batches, ids, ends, refs, frames, buckets)
    _checked(*fault)
    return ids[:n], ends[:n], refs[: ends[n - 1] if n else 0], frames[:n_frames]


def _index(ids: Int64s, *, what: str, start: int) -> tuple[Int64s, Int64s]:
    table, order, found, status = index_ids(ids)
    if status:
        raise TraceError(
            f"the generation has two of {what} {int(found) % 2**64}; the file is damaged"
            if found
            else f"the generation has a {what} 0, which is the empty one; the file is damaged",
            position=start,
        )
    return table, order


def _missing_name(
    status: int, wanted: int, stack_ids: Int64s, ends: Int64s, refs: Int64s, *, frame: int, start: int
) -> TraceError:
    stack = int(stack_ids[np.searchsorted(ends, np.flatnonzero(refs == frame)[0], side="right")])
    what = "function" if status == trace_tables.MISSING_FUNCTION else "file"
    return TraceError(
        f"stack {stack} names string {wanted % 2**64} as a {what}, and the generation has no such string; "
        "the tables come last, so the trace was probably cut off",
        position=start,
    )


def most_samples(batches: Int64s) -> int:
    """How many CPU samples there may be: each takes six bytes at least, and one more may break off."""
    return min(trace_tables.bytes_of(batches, c.CPU_SAMPLES) // 6 + 1, MOST_SAMPLES)


def _samples(data: Bytes, batches: Int64s, stacks: tuple[Int64s, Int64s, Int64s], *, factor: float) -> Int64s:
    samples = np.empty((most_samples(batches), c.SAMPLE), np.int64)
    n, *fault = trace_tables.read_samples(data, batches, samples)
    _checked(*fault)
    samples = samples[:n]
    trace_tables.convert_samples(samples, *stacks, factor)
    return samples[np.argsort(samples[:, c.S_TIME], kind="stable")]


def _types(data: Bytes, batches: Int64s, *, first_text: int, base: int, start: int) -> tuple[Types, Int64s, Int64s]:
    most = min(trace_tables.bytes_of(batches, c.EXPERIMENT) // 5, MOST_TEXTS)
    ids, sizes, starts, lengths = (np.empty(most, np.int64) for _ in range(4))
    heap = np.zeros(4, np.int64)
    n, *broken = trace_tables.read_types(data, batches, ids, sizes, starts, lengths, heap)
    fault = None
    try:
        _checked(*broken)
        table, order = _index(ids[:n], what="type", start=start)
    except TraceError as error:
        # An experiment of the runtime's, which Go's reader hands on unread: the events are as good without it.
        fault, n, heap = str(error.moved(base)), 0, np.zeros(4, np.int64)
        table, order = _index(ids[:n], what="type", start=start)
    types = Types(ids[:n], table, order, sizes[:n], first_text + np.arange(n), heap, fault)
    return types, starts[:n], lengths[:n]


def _grouped(batches: Int64s) -> tuple[Int64s, Int64s]:
    """Ordinary batches, threads in the order of their first, and where each thread's begin."""
    ordinary = batches[batches[:, c.BATCH_KIND] == c.ORDINARY]
    _, first, thread_of = np.unique(ordinary[:, c.BATCH_THREAD], return_index=True, return_inverse=True)
    rank = first[thread_of]
    by_thread = np.argsort(rank, kind="stable")
    starts = np.flatnonzero(np.diff(rank[by_thread], prepend=-1))
    return np.ascontiguousarray(ordinary[by_thread]), np.append(starts, len(ordinary))
