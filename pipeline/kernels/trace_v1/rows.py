"""Events of traces before Go 1.22 to rows of ordered events, as newer traces have them.

internal/trace/tracev1.go of Go 1.27, whose quirks are kept: a system call that does not block takes a nanosecond, one that
does keeps no proc, and goroutines that only exist as the trace begins are told of once it has begun. What is open is kept
in the array of kernels/trace/state.py; the events have been checked (see check.py).
"""

from __future__ import annotations

import numpy as np

from pipeline.kernels import kernel
from pipeline.kernels.pointers import pointer
from pipeline.kernels.trace import columns as c
from pipeline.kernels.trace.order import has_room
from pipeline.kernels.trace.state import (
    FREE,
    NONE,
    emit,
    end_g,
    find_g,
    find_stack,
    find_text,
    g_changes,
    new_g,
    p_changes,
)
from pipeline.kernels.trace_v1 import wire as w
from pipeline.kernels.trace_v1.spans import Event, beside_states, p_of, stop_text, stop_world
from pipeline.values import Bytes, Int32s, Int64s

# Rows that one event may make.
_MOST_ROWS = 2
# A goroutine made before the trace has begun, of which nothing else is known yet; one that is known.
_ONLY_MADE, _KNOWN = 9, 1
# Procs that only stand for where an event came from have numbers from here on.
FIRST_STAND_IN = 1_000_000
_STACK_BITS = 0xFFFFFFFF

# How far conversion is, beside the memory: the next event in order; whether the trace has begun; the next goroutine to be
# told of, and when.
NEXT, STAGE, TOLD, TIME = range(4)
PROGRESS = 4
_BEFORE, _TELLING, _BEGUN = 0, 1, 2

# Texts that the events say by their type or by a number, behind the file's own.
REASONS = (
    "forever", "preempted", "runtime.Gosched", "sleep", "chan send", "chan receive", "network", "sync",
    "sync.(*Cond).Wait", "select", "GC mark assist wait for work",
)  # fmt: skip
_REASONS = len(REASONS)
# The reason of each type, from 1 on; 0 is "".
_REASON = np.zeros(w.END_OF_TYPES, np.int64)
_REASON[[w.GO_STOP, w.GO_PREEMPT, w.GO_SCHED, w.GO_SLEEP, w.BLOCK_SEND, w.BLOCK_RECV]] = range(1, 7)
_REASON[[w.BLOCK_NET, w.BLOCK_SYNC, w.BLOCK_COND, w.BLOCK_SELECT, w.BLOCK_GC]] = range(7, 12)


@kernel
def convert(
    memory: Int64s,
    data: Bytes,
    events: tuple[Int64s, Int64s, Int32s, Int64s, Int64s],
    ordered: Int32s,
    blocks: Bytes,
    logs: Int64s,
    threads: Int64s,
    progress: Int64s,
    built_in: int,
    version: int,
) -> tuple[int, int]:
    """Rows of the next events; how many there are, and DONE, FULL or GROW.

    events    int64 (n,) ns, int64 (n,) where in the file, int32 (n, LINK); goroutines by place, procs by place
    blocks    uint8 (events,)   system calls that block
    logs      int64 (logs, 3)   place in the file of each log, rising; their messages are the texts before `built_in`
    threads   int64 (procs,)    each proc's thread, NONE without
    built_in  the text that REASONS begin with; those of stopped worlds are behind them
    """
    s, (times, places, links, ids, procs) = pointer(memory), events
    words = np.zeros(w.MOST_NUMBERS + 1, np.int64)
    cur, first = s[c.CURSORS + c.AT], s[c.ROWS + c.AT]
    row, most = first, s[c.ROWS + c.ROOM] - _MOST_ROWS * c.EVENT
    while row <= most:
        if progress[STAGE] == _TELLING:
            row = _tell(s, row, progress)
            continue
        if progress[NEXT] == len(ordered):
            return (row - first) // c.EVENT, c.DONE
        if not has_room(s):
            return (row - first) // c.EVENT, c.GROW
        event = int(ordered[progress[NEXT]])
        progress[NEXT] += 1
        place, is_short = int(links[event, w.PROC]), blocks[event] == 0
        kind, n, _, _ = w.read_one(data, places[event], version, words)
        if kind == w.LOG:
            words[w.MESSAGE_START] = built_in - len(logs) + _place_in(logs, places[event])
        stack = find_stack(s, cur, words[n - 1] & _STACK_BITS) if w.HAS_STACK[kind] else 0
        goroutine, proc = ids[links[event, w.GOROUTINE]], _proc(procs, place)
        if kind == w.CPU_SAMPLE:
            proc = int(np.int32(words[2]))
        thread = _thread(threads, place, proc, words, kind, is_short)
        what = (kind, times[event], goroutine, proc, max(stack, 0))
        made = _rows(s, cur, row, words, what, progress, is_short, built_in, version)
        for _ in range(made):
            s[row + c.THREAD], s[row + c.PROC] = thread, proc
            s[row + c.GOROUTINE] = goroutine if goroutine != 0 else NONE
            row += c.EVENT
    return (row - first) // c.EVENT, c.FULL


@kernel
def _proc(procs: Int64s, place: int) -> int:
    """A proc by its place; below 0 are those that only stand for where an event came from."""
    return procs[place] if place > 0 else FIRST_STAND_IN - 1 - place


@kernel
def _thread(threads: Int64s, place: int, proc: int, words: Int64s, kind: int, is_short: bool) -> int:
    """The thread that has an event's proc: a start says which, a stop ends that."""
    if kind == w.PROC_START:
        threads[place] = words[1]
    thread = threads[place] if place > 0 and proc != NONE else NONE
    if kind == w.PROC_STOP:
        threads[place] = NONE
    if thread == NONE and (kind == w.START_LABEL or (kind == w.SYSCALL and is_short)):
        # As Go has it: what it does not find is its zero.
        return 0
    return thread


@kernel
def _place_in(logs: Int64s, at: int) -> int:
    """Which of the logs stands at a place in the file."""
    low, high = 0, len(logs)
    while low < high:
        middle = (low + high) // 2
        if logs[middle, 0] < at:
            low = middle + 1
        else:
            high = middle
    return low


@kernel
def _tell(s: Int64s, row: int, progress: Int64s) -> int:
    """Tell of the next goroutine that was there, and ran not, as the trace began; the row behind."""
    g = s[c.GS + c.AT] + progress[TOLD] * c.G
    while g < s[c.GS + c.END] and (s[g] == FREE or s[g + c.G_STATUS] != _ONLY_MADE):
        g += c.G
    progress[TOLD] = (g - s[c.GS + c.AT]) // c.G
    if g == s[c.GS + c.END]:
        progress[STAGE] = _BEGUN
        return row
    s[g + c.G_STATUS] = _KNOWN
    emit(s, row, c.GO_STATUS, progress[TIME], NONE)
    g_changes(s, row, g, c.G_UNDETERMINED, c.G_RUNNABLE)
    return row + c.EVENT


@kernel
def _rows(
    s: Int64s,
    cur: int,
    row: int,
    words: Int64s,
    what: Event,
    progress: Int64s,
    is_short: bool,
    built_in: int,
    version: int,
) -> int:
    """The rows of an event but for the context; how many they are."""
    kind, time, goroutine, _, stack = what
    if w.STARTS[kind]:
        return _start(s, cur, row, words, what, progress)
    if kind == w.SYSCALL_BLOCK:
        return 0
    if w.ENDS[kind]:
        reason = built_in + _REASON[kind] - 1 if _REASON[kind] else 0
        return _end(s, row, what, reason)
    if kind == w.GO_UNBLOCK or kind == w.UNBLOCK_LOCAL:
        return _changes(s, row, c.GO_UNBLOCK, time, words[1], stack, c.G_WAITING, c.G_RUNNABLE)
    if kind == w.SYSCALL:
        _changes(s, row, c.GO_SYSCALL_BEGIN, time, goroutine, stack, c.G_RUNNING, c.G_SYSCALL)
        s[row + c.STACK2] = stack
        if not is_short:
            return 1
        _changes(s, row + c.EVENT, c.GO_SYSCALL_END, time + 1, goroutine, 0, c.G_SYSCALL, c.G_RUNNING)
        return 2
    if kind == w.SYSCALL_EXIT or kind == w.SYSCALL_EXIT_LOCAL:
        return _changes(s, row, c.GO_SYSCALL_END_BLOCKED, time, goroutine, 0, c.G_SYSCALL, c.G_RUNNABLE)
    if kind == w.GO_CREATE:
        return _create(s, cur, row, words, what, progress)
    if kind == w.GO_WAITING or kind == w.GO_IN_SYSCALL:
        state = c.G_WAITING if kind == w.GO_WAITING else c.G_SYSCALL
        return _changes(s, row, c.GO_STATUS, time, words[1], 0, c.G_UNDETERMINED, state)
    if kind == w.PROC_START or kind == w.PROC_STOP:
        return _proc_changes(s, row, what)
    if kind == w.STW_START or kind == w.STW_DONE:
        return stop_world(s, row, what, stop_text(words[1], version, built_in + _REASONS))
    if kind == w.GOMAXPROCS and progress[STAGE] == _BEFORE:
        progress[STAGE], progress[TOLD], progress[TIME] = _TELLING, 0, time
        return 0
    return beside_states(s, cur, row, words, what)


@kernel
def _g(s: Int64s, identity: int) -> int:
    """A goroutine's row, made when it is new."""
    g = find_g(s, identity)
    return g if g >= 0 else new_g(s, identity, _KNOWN)


@kernel
def _changes(s: Int64s, row: int, wire: int, time: int, identity: int, stack: int, before: int, after: int) -> int:
    """The row of a goroutine's change of state."""
    g = _g(s, identity)
    s[g + c.G_STATUS] = _KNOWN
    emit(s, row, wire, time, NONE)
    s[row + c.STACK_AT] = stack
    g_changes(s, row, g, before, after)
    return 1


@kernel
def _start(s: Int64s, cur: int, row: int, words: Int64s, what: Event, progress: Int64s) -> int:
    """A goroutine runs. Before the trace has begun that only tells what runs then."""
    kind, time, goroutine, _, _ = what
    if progress[STAGE] == _BEFORE and kind != w.START_LABEL:
        return _changes(s, row, c.GO_STATUS, time, goroutine, 0, c.G_UNDETERMINED, c.G_RUNNING)
    _changes(s, row, c.GO_START, time, goroutine, 0, c.G_RUNNABLE, c.G_RUNNING)
    if kind != w.START_LABEL:
        return 1
    row += c.EVENT
    emit(s, row, c.GO_LABEL, time, NONE)
    s[row + c.RESOURCE] = goroutine
    s[row + c.TEXT] = find_text(s, cur, words[3])
    return 2


@kernel
def _end(s: Int64s, row: int, what: Event, reason: int) -> int:
    """A goroutine runs no more: it ends, gives way or waits."""
    kind, time, goroutine, _, stack = what
    g = _g(s, goroutine)
    if kind == w.GO_END:
        emit(s, row, c.GO_DESTROY, time, NONE)
        g_changes(s, row, g, c.G_RUNNING, c.G_NOT_EXIST)
        end_g(s, g)
        return 1
    gives_way = kind == w.GO_SCHED or kind == w.GO_PREEMPT
    emit(s, row, c.GO_STOP if gives_way else c.GO_BLOCK, time, NONE)
    s[row + c.TEXT] = reason
    s[row + c.STACK_AT] = s[row + c.STACK2] = stack
    g_changes(s, row, g, c.G_RUNNING, c.G_RUNNABLE if gives_way else c.G_WAITING)
    return 1


@kernel
def _create(s: Int64s, cur: int, row: int, words: Int64s, what: Event, progress: Int64s) -> int:
    """A goroutine is made, or was there before the trace: what it does then is told later."""
    _, time, _, _, stack = what
    if progress[STAGE] == _BEFORE:
        s[_g(s, words[1]) + c.G_STATUS] = _ONLY_MADE
        return 0
    _changes(s, row, c.GO_CREATE, time, words[1], stack, c.G_NOT_EXIST, c.G_RUNNABLE)
    s[row + c.STACK2] = max(find_stack(s, cur, words[2]), 0)
    return 1


@kernel
def _proc_changes(s: Int64s, row: int, what: Event) -> int:
    """A proc starts or stops; the first time only that it does so is known."""
    kind, time, _, proc, _ = what
    p = p_of(s, proc)
    wire, before, after = c.PROC_START, c.P_IDLE, c.P_RUNNING
    if kind == w.PROC_STOP:
        wire, before, after = c.PROC_STOP, c.P_RUNNING, c.P_IDLE
    if s[p + c.P_STATUS] == 0:
        s[p + c.P_STATUS] = _KNOWN
        wire, before = c.PROC_STATUS, c.P_UNDETERMINED
    emit(s, row, wire, time, NONE)
    p_changes(s, row, p, before, after)
    return 1
