"""Generations to events in order, a chunk of rows at a time, with the stacks and texts that the rows refer to."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from pipeline.formats.gotrace import memory as mem
from pipeline.formats.gotrace.generation import Generation
from pipeline.formats.gotrace.spec import EVENTS
from pipeline.formats.gotrace.window import Window
from pipeline.formats.gotrace.wire import Ending, TraceError, generations
from pipeline.kernels.gather import gather_lists, gather_spans
from pipeline.kernels.trace import columns as c
from pipeline.kernels.trace import order as trace_order
from pipeline.kernels.trace import state as trace_state
from pipeline.kernels.trace import tables as trace_tables
from pipeline.kernels.xxh64 import hash_spans
from pipeline.values import Int64s, Strings

# Events that wait, as a message shows them.
_SHOWN = 5
# Where stacks and texts are written down: table and column.
_STACKS = (
    (c.GS, c.G_SINCE_STACK),
    (c.GS, c.G_ASSIST_STACK),
    (c.PS, c.P_SWEEP_STACK),
    (c.REGIONS, c.R_STACK),
    (c.TASKS, c.T_STACK),
    (c.STOPS, c.STOP_STACK),
)
_TEXTS = ((c.GS, c.G_SINCE_TEXT), (c.REGIONS, c.R_TEXT), (c.TASKS, c.T_TEXT), (c.STOPS, c.STOP_TEXT))
_NAMES_OF_FRAMES = (trace_tables.F_FUNCTION, trace_tables.F_FILE)

_NAMES = {event.number: event.name for event in EVENTS} | {c.CPU_SAMPLE: "CPUSample"}
_PROC_STATES = ("bad", "running", "idle", "in a syscall", "abandoned in a syscall")
_GO_STATES = ("bad", "runnable", "running", "in a syscall", "waiting")

_SENTENCES: Mapping[int, str] = {
    trace_state.BAD_TYPE: "found invalid event type {found}; the trace is newer than heapscape, or damaged",
    trace_state.NO_TIME: "found event without a timestamp, type {found}; the trace is newer than heapscape, or damaged",
    trace_state.BAD_TIME: "its time is no whole number; the trace is damaged",
    trace_state.BAD_ARGUMENT: "argument {found} is no whole number; the trace is damaged",
    trace_state.NOT_ORDERED: "it has no place among ordered events; the trace is damaged",
    trace_state.NEEDS_THREAD: "it needs a thread and has none",
    trace_state.NEEDS_PROC: "it needs a proc and its thread has none",
    trace_state.NEEDS_GOROUTINE: "it needs a goroutine and its thread has none",
    trace_state.HAS_PROC: "it needs a thread without a proc, and its thread has proc {found}",
    trace_state.HAS_GOROUTINE: "it needs a thread without a goroutine, and its thread has goroutine {found}",
    trace_state.BAD_PROC_STATUS: "proc {found} has status {expected}; the highest is 4",
    trace_state.OTHER_PROC_STATUS: "inconsistent status for proc {found}: it was {proc_state}",
    trace_state.NO_SUCH_PROC: "proc {found} does not exist",
    trace_state.PROC_NOT_RUNNING: "proc {found} is neither running nor in a syscall, it is {proc_state}",
    trace_state.NO_CONTEXT: "proc {found} is about to be stolen and no thread has it",
    trace_state.STOLEN_FROM_NOBODY: "stole proc {found} from non-existent thread {expected}",
    trace_state.STOLE_ANOTHER: "tried to steal proc {found} from thread {expected}, which has another or none",
    trace_state.BAD_GO_STATUS: "goroutine {found} has status {expected}; the highest is 4",
    trace_state.OTHER_GO_STATUS: "inconsistent status for goroutine {found}: it was {go_state}",
    trace_state.LATE_GOROUTINE: "found goroutine {found} for the first time in a status after the first generation",
    trace_state.SYSCALL_WITHOUT_THREAD: "found goroutine {found} in a syscall without a thread",
    trace_state.OTHER_THREAD: "inconsistent thread for syscalling goroutine {found}: the thread has goroutine {expected}",
    trace_state.NO_SUCH_GOROUTINE: "goroutine {found} does not exist",
    trace_state.GOROUTINE_NOT_RUNNING: "goroutine {found} is not running, it is {go_state}",
    trace_state.GOROUTINE_NOT_IN_SYSCALL: "goroutine {found} is not in a syscall, it is {go_state}",
    trace_state.GOROUTINE_EXISTS: "tried to create goroutine {found}, which already exists",
    trace_state.BAD_SEQUENCE: "can't make sequence: it has number {found}, the proc expects {expected}",
    trace_state.PROC_NOT_IN_SYSCALL: "proc {found} is not in a syscall, it is {proc_state}",
    trace_state.TASK_EXISTS: "task ID conflict: task {found} has begun already",
    trace_state.REGION_MISUSED: "misuse of region in goroutine {found}: the region of task {expected} that ends is not the innermost",
    trace_state.RANGE_OPEN: "one is in flight already on {found}",
    trace_state.RANGE_NOT_OPEN: "none is in flight on {found}",
    trace_state.TOO_MANY_STOPS: "{found} stopped worlds at the same time, more than any runtime makes",
    trace_state.GC_ACTIVE_LATE: "it is not the first GC event of the first generation",
    trace_state.GC_NOT_IN_PROGRESS: "no GC is in progress",
    trace_state.GC_IN_PROGRESS: "a GC is in progress already",
    trace_state.GC_UNKNOWN: "whether a GC is in progress is not known",
    trace_state.BAD_STACK: "found invalid stack ID {found}; the generation has no such stack",
    trace_state.BAD_TEXT: "found invalid string ID {found}; the generation has no such string",
    trace_state.SAMPLE_WITHOUT_STACK: "its stack is not in the generation",
    trace_state.TOO_MANY_TRIES: "too many events wait for each other; no runtime writes that",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Chunk:
    """Events in order, all of one generation.

    rows        int64 (n, EVENT), as kernels/trace/columns.py describes them; the next chunk overwrites them
    generation  with the stacks and texts carried over from the one before, which the rows may refer to; None when the
                trace has none
    """

    rows: Int64s
    generation: Generation | None


@dataclass(frozen=True, slots=True)
class Ordered:
    """What is left when all events are in order: how the file ended, and what was open then (see memory.py)."""

    ending: Ending
    memory: Int64s
    generation: Generation | None


def ordered(window: Window, version: int) -> Iterator[Chunk | Ordered]:
    """The events of a whole trace in chunks, and at last what is left.

    version  NN of `go 1.NN trace`, 22 to 26
    A boundary (SYNC_EVENT) stands before each generation and one behind the last. A trace that cannot be ordered any
    further ends there with a fault; what came before holds.
    """
    memory = mem.roomier(mem.fresh())
    generation: Generation | None = None
    for found in generations(window, version):
        if isinstance(found, Ending):
            n = trace_order.emit_sync(memory, int(memory[c.LAST_TIME]))
            yield Chunk(mem.events(memory, n), generation)
            yield Ordered(found, memory, generation)
            return
        bare = generation is not None and found.is_bare
        fault = None if bare else _too_much(memory, found, threads=len(found.groups) - 1)
        if not fault:
            if generation is not None and bare:
                generation = _later(generation, found)
            else:
                generation, memory = _installed(memory, found, before=generation)
            memory, fault = yield from _in_order(memory, generation)
        if fault:
            yield Ordered(Ending(found.start, fault), memory, generation)
            return


def _in_order(memory: Int64s, generation: Generation) -> Generator[Chunk, None, tuple[Int64s, TraceError | None]]:
    """The chunks of one generation; returns the memory behind it, and why it could not be ordered to its end."""
    data, batches, samples = generation.data, generation.batches.ravel(), generation.samples.ravel()
    factor = generation.clock.factor
    memory[c.GENERATION] = generation.number
    if trace_order.begin_generation(memory, data, batches, generation.groups, factor) == c.BROKEN:
        return memory, _fault(memory, generation)
    if memory[c.FRONTIER] and not memory[c.FIRST_GENERATION]:
        memory[c.FIRST_GENERATION] = generation.number
    n, sample = trace_order.emit_sync(memory, generation.min_time), 0
    while True:
        n, sample, status = trace_order.order(memory, data, batches, samples, sample, factor, n)
        yield Chunk(mem.events(memory, n), generation)
        n = 0
        if status == c.DONE:
            return memory, None
        if status == c.BROKEN:
            return memory, _fault(memory, generation)
        if status == c.GROW:
            if fault := _too_much(memory, generation, threads=0):
                return memory, fault
            memory = mem.roomier(memory)


def _too_much(memory: Int64s, generation: Generation, *, threads: int) -> TraceError | None:
    """Why the memory may not grow any more, or not be copied once more; None when it may."""
    if len(memory) + threads * mem.THREAD_WORDS > mem.MOST_WORDS:
        reason = "more goroutines, threads, regions and tasks at a time than heapscape holds, which are about a million"
        return TraceError(reason, position=generation.start)
    # Every generation copies what is alive: many of them, with much of it, are work without end.
    memory[c.TRIES] += len(memory) >> 3
    if memory[c.TRIES] > trace_order.MOST_TRIES:
        return TraceError(_SENTENCES[trace_state.TOO_MANY_TRIES], position=generation.start)
    return None


# Carrying over -------------------------------------------------------------------------------------------------------


def _later(before: Generation, bare: Generation) -> Generation:
    """A generation that has only a clock: the stacks and texts of the one before are still those that are referred to."""
    return replace(
        bare,
        string_ids=before.string_ids,
        texts=before.texts,
        stack_ids=before.stack_ids,
        stack_offsets=before.stack_offsets,
        stack_frames=before.stack_frames,
        frames=before.frames,
        types=before.types,
    )


def _installed(memory: Int64s, found: Generation, *, before: Generation | None) -> tuple[Generation, Int64s]:
    """A generation with the stacks and texts that the memory refers to behind its own, and the memory made for it.

    Numbers of stacks and texts hold for one generation. What a goroutine waits for, an open region's name and the
    like outlive it.
    """
    if before is not None:
        found = _with_carried(memory, found, before=before)
    # Equal texts get one number: the name of a region that ends is compared with that it began with.
    texts = hash_spans(found.texts.data, found.texts.starts, found.texts.lengths)
    _, first, which = np.unique(texts, return_index=True, return_inverse=True)
    number = first[which]
    for column in _columns(memory, _TEXTS):
        column[:] = number[column]
    strings = len(found.string_ids)
    memory = mem.for_generation(
        memory,
        threads=len(found.groups) - 1,
        texts=mem.look_up(found.string_ids, number[1 : strings + 1]),
        stacks=mem.look_up(found.stack_ids, np.arange(1, len(found.stack_ids) + 1)),
    )
    return found, memory


def _with_carried(memory: Int64s, found: Generation, *, before: Generation) -> Generation:
    stacks = [*_columns(memory, _STACKS), memory[c.GC_STACK : c.GC_STACK + 1]]
    carried = _renumbered(stacks, first=len(found.stack_offsets))
    frame_of = np.arange(len(before.frames), dtype=np.uint64)
    found_frames, offsets = gather_lists(frame_of, before.stack_frames, before.stack_offsets, carried - 1)
    used, refs = np.unique(found_frames.view(np.int64), return_inverse=True)
    frames = before.frames[used]
    names = [frames[:, column] for column in _NAMES_OF_FRAMES]
    texts = _renumbered([*_columns(memory, _TEXTS), *names], first=len(found.texts))
    return replace(
        found,
        texts=_joined(found.texts, before.texts, texts),
        stack_offsets=np.concatenate([found.stack_offsets, offsets[1:] + found.stack_offsets[-1]]),
        stack_frames=np.concatenate([found.stack_frames, refs + len(found.frames)]),
        frames=np.concatenate([found.frames, frames]),
    )


def _joined(texts: Strings, others: Strings, wanted: Int64s) -> Strings:
    """The texts, and behind them those of the others that are wanted."""
    data, offsets = gather_spans(others.data, others.starts, others.lengths, wanted)
    return Strings(
        data=np.concatenate([texts.data, data]),
        starts=np.concatenate([texts.starts, offsets[:-1] + len(texts.data)]),
        lengths=np.concatenate([texts.lengths, others.lengths[wanted]]),
    )


def _columns(memory: Int64s, places: tuple[tuple[int, int], ...]) -> list[Int64s]:
    return [mem.rows_of(memory, table)[:, column] for table, column in places]


def _renumbered(columns: list[Int64s], *, first: int) -> Int64s:
    """Number what the columns refer to from `first` on, 0 staying 0; returns the old numbers."""
    used = np.unique(np.concatenate(columns))
    used = used[used != 0]
    for column in columns:
        column[:] = np.where(column == 0, 0, np.searchsorted(used, column) + first)
    return used


# Faults --------------------------------------------------------------------------------------------------------------


def _fault(memory: Int64s, generation: Generation) -> TraceError:
    """What the fault in the memory says, in words."""
    status, position, kind, found, expected = memory[c.FAULT : c.FAULT_EXPECTED + 1].tolist()
    name = _NAMES.get(kind, f"event type {kind}")
    if status == trace_state.NOTHING_ADVANCES:
        reason = f"failed to advance: no thread's next event can come next; {_frontier(memory)}"
    else:
        reason = _SENTENCES[status].format(
            found=found,
            expected=expected,
            proc_state=_PROC_STATES[expected] if 0 <= expected < len(_PROC_STATES) else expected,
            go_state=_GO_STATES[expected] if 0 <= expected < len(_GO_STATES) else expected,
        )
    return TraceError(f"{name}: {reason}", position=generation.base + position if position >= 0 else generation.start)


def _frontier(memory: Int64s) -> str:
    """The events that wait, by time."""
    heap = mem.rows_of(memory, c.HEAP)[: int(memory[c.FRONTIER]), 0]
    cursors = memory[heap[:, None] + np.arange(c.CURSOR)]
    cursors = cursors[np.argsort(cursors[:, c.C_TIME], kind="stable")]
    shown = "; ".join(_waiting(memory, cursor) for cursor in cursors[:_SHOWN])
    more = f"; and {len(cursors) - _SHOWN} more" if len(cursors) > _SHOWN else ""
    return f"waiting are {shown}{more}"


def _waiting(memory: Int64s, cursor: Int64s) -> str:
    kind, m = int(cursor[c.C_TYPE]), int(cursor[c.C_M])
    thread = int(memory[m + c.M_ID]) if m >= 0 else -1
    arguments = cursor[c.C_A0 : c.C_A0 + int(c.ARGUMENTS[kind])].tolist()
    return f"thread {thread} {_NAMES[kind]}({', '.join(map(str, arguments))}) at {cursor[c.C_TIME]} ns"
