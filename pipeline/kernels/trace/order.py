"""The order of the events of a Go execution trace: merges the threads' batches by sequence numbers and states.

internal/trace/reader.go, batchcursor.go and order.go of Go 1.27; the rules of single events are in trace_procs.py,
trace_goroutines.py, trace_annotations.py and trace_gc.py. The order of one thread's events is absolute; across threads
it comes from the sequence numbers and from what a goroutine, proc or thread can do next. Times only say which thread is
tried first, so a trace whose clocks are wrong is ordered all the same.
"""

from __future__ import annotations

import numpy as np

from pipeline.kernels import inlined, kernel
from pipeline.kernels.pointers import pointer
from pipeline.kernels.trace import columns as c
from pipeline.kernels.trace.annotations import annotation, user_region, user_task_begin, user_task_end
from pipeline.kernels.trace.gc import (
    allocation,
    assist,
    assist_active,
    gc_active,
    gc_begin,
    gc_end,
    heap_metric,
    stw_begin,
    stw_end,
    sweep,
    sweep_active,
)
from pipeline.kernels.trace.goroutines import (
    go_create,
    go_create_syscall,
    go_destroy,
    go_destroy_syscall,
    go_start,
    go_status,
    go_stop,
    go_switch,
    go_syscall_begin,
    go_syscall_end,
    go_syscall_end_blocked,
    go_unblock,
)
from pipeline.kernels.trace.procs import proc_start, proc_status, proc_steal, proc_stop
from pipeline.kernels.trace.state import (
    ADVANCED,
    BAD_ARGUMENT,
    BAD_TIME,
    BAD_TYPE,
    FAILED,
    NO_TIME,
    NONE,
    NOT_ORDERED,
    NOTHING_ADVANCES,
    SAMPLE_WITHOUT_STACK,
    TOO_MANY_TRIES,
    WAITS,
    emit,
    enter_m,
    fail,
)
from pipeline.kernels.trace.wire import nanoseconds, number
from pipeline.values import Bytes, Int64s

# Steps of looking for an event that can come next: what a sound trace needs each time, and what any trace may have. A file
# of a few megabytes can be made to need days.
_FAIR_TRIES = 200
MOST_TRIES = 1 << 33
# Rows that one event may make.
_MOST_ROWS = 3


@inlined
def _advance(s: Int64s, cur: int, row: int) -> int:
    """Try the event that a thread has next; its rows go to `row`."""
    kind = s[cur + c.C_TYPE]
    m = s[cur + c.C_M]
    if m >= 0:
        s[m + c.M_KNOWN] = 1
    if kind >= c.SPAN:
        return allocation(s, cur, row)
    if kind == c.GO_START:
        return go_start(s, cur, row)
    if kind == c.GO_BLOCK or kind == c.GO_STOP:
        return go_stop(s, cur, row)
    if kind == c.GO_UNBLOCK:
        return go_unblock(s, cur, row)
    if kind == c.HEAP_ALLOC or kind == c.HEAP_GOAL:
        return heap_metric(s, cur, row)
    if kind == c.GO_SYSCALL_BEGIN:
        return go_syscall_begin(s, cur, row)
    if kind == c.GO_SYSCALL_END:
        return go_syscall_end(s, cur, row)
    if kind == c.GO_CREATE or kind == c.GO_CREATE_BLOCKED:
        return go_create(s, cur, row)
    if kind == c.GO_DESTROY:
        return go_destroy(s, cur, row)
    if kind == c.GO_SWITCH or kind == c.GO_SWITCH_DESTROY:
        return go_switch(s, cur, row)
    if kind == c.PROC_START:
        return proc_start(s, cur, row)
    if kind == c.PROC_STOP:
        return proc_stop(s, cur, row)
    return _advance_rare(s, cur, row)


@kernel
def _advance_rare(s: Int64s, cur: int, row: int) -> int:
    kind = s[cur + c.C_TYPE]
    if kind == c.PROC_STEAL:
        return proc_steal(s, cur, row)
    if kind == c.PROC_STATUS:
        return proc_status(s, cur, row)
    if kind == c.GO_STATUS or kind == c.GO_STATUS_STACK:
        return go_status(s, cur, row)
    if kind == c.GO_SYSCALL_END_BLOCKED:
        return go_syscall_end_blocked(s, cur, row)
    if kind == c.GC_SWEEP_BEGIN or kind == c.GC_SWEEP_END:
        return sweep(s, cur, row)
    if kind == c.GC_MARK_ASSIST_BEGIN or kind == c.GC_MARK_ASSIST_END:
        return assist(s, cur, row)
    if kind == c.USER_REGION_BEGIN or kind == c.USER_REGION_END:
        return user_region(s, cur, row)
    if kind == c.USER_TASK_BEGIN:
        return user_task_begin(s, cur, row)
    if kind == c.USER_TASK_END:
        return user_task_end(s, cur, row)
    if kind == c.STW_BEGIN:
        return stw_begin(s, cur, row)
    if kind == c.STW_END:
        return stw_end(s, cur, row)
    if kind == c.GC_ACTIVE:
        return gc_active(s, cur, row)
    if kind == c.GC_BEGIN:
        return gc_begin(s, cur, row)
    if kind == c.GC_END:
        return gc_end(s, cur, row)
    if kind == c.GC_SWEEP_ACTIVE:
        return sweep_active(s, cur, row)
    if kind == c.GC_MARK_ASSIST_ACTIVE:
        return assist_active(s, cur, row)
    if kind == c.GO_CREATE_SYSCALL:
        return go_create_syscall(s, cur, row)
    if kind == c.GO_DESTROY_SYSCALL:
        return go_destroy_syscall(s, cur, row)
    if kind == c.PROCS_CHANGE or kind == c.GO_LABEL or kind == c.USER_LOG:
        return annotation(s, cur, row)
    return fail(s, cur, NOT_ORDERED, kind, 0)


@inlined
def _next_event(s: Int64s, cur: int, data: Bytes, batches: Int64s, factor: float) -> int:
    """Read a thread's next event: ADVANCED, or WAITS when there is none left, or FAILED."""
    at = s[cur + c.C_AT]
    while at == s[cur + c.C_END]:
        batch = s[cur + c.C_BATCH]
        if batch == s[cur + c.C_BATCHES_END]:
            return WAITS
        at = batches[batch * c.BATCH + c.BATCH_START]
        s[cur + c.C_END] = batches[batch * c.BATCH + c.BATCH_END]
        s[cur + c.C_BATCH] = batch + 1
        s[cur + c.C_TIME] = 0
    if s[cur + c.C_TIME] == 0:
        s[cur + c.C_TIME] = nanoseconds(batches[(s[cur + c.C_BATCH] - 1) * c.BATCH + c.BATCH_TIME], factor)
    end = s[cur + c.C_END]
    kind = int(np.int64(data[np.uint64(at)]))
    s[cur + c.C_POSITION] = at
    s[cur + c.C_TYPE] = kind
    if kind >= c.END_OF_TYPES:
        return fail(s, cur, BAD_TYPE, kind, 0)
    arguments = np.int64(c.ARGUMENTS[np.uint64(kind)])
    if arguments == c.UNTIMED:
        return fail(s, cur, NO_TIME, kind, 0)
    units, at = number(data, at + 1, end)
    if at < 0:
        return fail(s, cur, BAD_TIME, 0, 0)
    for to in range(cur + c.C_A0, cur + c.C_A0 + arguments):
        s[to], at = number(data, at, end)
        if at < 0:
            return fail(s, cur, BAD_ARGUMENT, to - cur - c.C_A0, 0)
    s[cur + c.C_TIME] += nanoseconds(units, factor)
    s[cur + c.C_AT] = at
    return ADVANCED


@inlined
def _sift_up(s: Int64s, heap: int, i: int) -> int:
    one = s[heap + i]
    time = s[one + c.C_TIME]
    while i > 0:
        above = (i - 1) >> 1
        if s[s[heap + above] + c.C_TIME] <= time:
            break
        s[heap + i] = s[heap + above]
        i = above
    s[heap + i] = one
    return i


@inlined
def _sift_down(s: Int64s, heap: int, n: int, i: int) -> None:
    if i >= n:
        return
    one = s[heap + i]
    time = s[one + c.C_TIME]
    while True:
        least, least_time = i, time
        for below in range(2 * i + 1, min(2 * i + 3, n)):
            other = s[s[heap + below] + c.C_TIME]
            if other < least_time:
                least, least_time = below, other
        if least == i:
            s[heap + i] = one
            return
        s[heap + i] = s[heap + least]
        i = least


@kernel
def _remove(s: Int64s, heap: int, n: int, i: int) -> None:
    """Take place `i` out of a heap of `n`, the way Go does: the order of equal times depends on it."""
    while i > 0:
        above = (i - 1) >> 1
        s[heap + above], s[heap + i] = s[heap + i], s[heap + above]
        i = above
    s[heap], s[heap + n - 1] = s[heap + n - 1], s[heap]
    _sift_down(s, heap, n - 1, 0)


@kernel
def _sort(s: Int64s, heap: int, n: int) -> int:
    """Sort the heap by time, equal times as they stand; returns how far rows were moved. Mostly it is sorted."""
    moved = 0
    for i in range(1, n):
        one = s[heap + i]
        time = s[one + c.C_TIME]
        at = i
        while at > 0 and s[s[heap + at - 1] + c.C_TIME] > time:
            s[heap + at] = s[heap + at - 1]
            at -= 1
        s[heap + at] = one
        moved += i - at
    return moved


@kernel
def begin_generation(memory: Int64s, data: Bytes, batches: Int64s, groups: Int64s, factor: float) -> int:
    """Put every thread's first event into the heap.

    batches  ordinary batches, a thread's together and in the file's order
    groups   int64 (threads + 1,)   where each thread's batches begin
    Returns DONE, or BROKEN when a first event cannot be read.
    """
    s, bytes_at, batches_at = pointer(memory), pointer(data), pointer(batches)
    s[c.FRONTIER] = 0
    for i in range(len(groups) - 1):
        cur = s[c.CURSORS + c.AT] + i * c.CURSOR
        for at in range(cur, cur + c.CURSOR):
            s[at] = 0
        s[cur + c.C_BATCH] = groups[i]
        s[cur + c.C_BATCHES_END] = groups[i + 1]
        thread = batches_at[groups[i] * c.BATCH + c.BATCH_THREAD]
        s[cur + c.C_M] = enter_m(s, thread) if thread != NONE else NONE
        found = _next_event(s, cur, bytes_at, batches_at, factor)
        if found == FAILED:
            return c.BROKEN
        if found == ADVANCED:
            s[s[c.HEAP + c.AT] + s[c.FRONTIER]] = cur
            _sift_up(s, s[c.HEAP + c.AT], s[c.FRONTIER])
            s[c.FRONTIER] += 1
    return c.DONE


@kernel
def emit_sync(memory: Int64s, time: int) -> int:
    """The boundary of a generation, as an event of its own in the first row; returns how many rows there are."""
    s = pointer(memory)
    s[c.SYNCS] += 1
    row = emit(s, s[c.ROWS + c.AT], c.SYNC_EVENT, time, NONE)
    s[row + c.VALUE] = s[c.SYNCS]
    return 1


@kernel
def has_room(s: Int64s) -> bool:
    """Whether one more event can make what it may make: a goroutine, a proc, a thread, a region, a task."""
    return (
        s[c.GS + c.END] < s[c.GS + c.ROOM]
        and s[c.PS + c.END] < s[c.PS + c.ROOM]
        and s[c.MS + c.END] < s[c.MS + c.ROOM]
        and s[c.REGIONS + c.END] < s[c.REGIONS + c.ROOM]
        and s[c.TASKS + c.END] < s[c.TASKS + c.ROOM]
    )


@kernel
def _advance_another(s: Int64s, heap: int, n: int, row: int) -> tuple[int, int]:
    """Try the others in the order of their times; returns what came of it, and the place in the heap it came from."""
    s[c.TRIES] += n + _sort(s, heap, n)
    tried = 0
    advanced = WAITS
    while advanced == WAITS and tried + 1 < n and s[c.TRIES] < MOST_TRIES:
        tried += 1
        s[c.TRIES] += 1
        advanced = _advance(s, s[heap + tried], row)
    if advanced == WAITS:
        fail(s, s[heap], NOTHING_ADVANCES if s[c.TRIES] < MOST_TRIES else TOO_MANY_TRIES, 0, 0)
    s[c.TRIES] = max(0, s[c.TRIES] - _FAIR_TRIES)
    return advanced, tried


@kernel
def order(
    memory: Int64s, data: Bytes, batches: Int64s, samples: Int64s, sample: int, factor: float, n: int
) -> tuple[int, int, int]:
    """Events of the generation in order, from row `n` on. There is room for what one event may make.

    samples  CPU samples by time, their stacks as stacks of the generation, -1 for one that is not there
    sample   the next of them
    Returns how many rows there are, the next sample, and DONE at the generation's end, FULL when the rows are, GROW
    when a table of the state has no more room, BROKEN when the fault in `s` says why.
    """
    s, bytes_at, batches_at, samples_at = pointer(memory), pointer(data), pointer(batches), pointer(samples)
    last_sample = len(samples) // c.SAMPLE
    heap = s[c.HEAP + c.AT]
    frontier = s[c.FRONTIER]
    row = s[c.ROWS + c.AT] + n * c.EVENT
    most = s[c.ROWS + c.ROOM] - _MOST_ROWS * c.EVENT
    status = c.FULL
    while row <= most:
        if sample < last_sample and (frontier == 0 or samples_at[sample * c.SAMPLE + c.S_TIME] < s[s[heap] + c.C_TIME]):
            if samples_at[sample * c.SAMPLE + c.S_STACK] < 0:
                _blame_sample(s)
                status = c.BROKEN
                break
            _emit_sample(s, row, samples_at, sample * c.SAMPLE)
            row += c.EVENT
            sample += 1
            continue
        if frontier == 0:
            status = c.DONE
            break
        tried = 0
        advanced = _advance(s, s[heap], row)
        if advanced == WAITS:
            advanced, tried = _advance_another(s, heap, frontier, row)
        if advanced != ADVANCED:
            status = c.BROKEN
            break
        cur = s[heap + tried]
        kind = s[cur + c.C_TYPE]
        made = _rows_of(s, kind, row)
        found = _next_event(s, cur, bytes_at, batches_at, factor)
        if found == FAILED:
            status = c.BROKEN
            break
        row += made * c.EVENT
        if found == ADVANCED:
            if _sift_up(s, heap, tried) == tried:
                _sift_down(s, heap, frontier, tried)
        else:
            _remove(s, heap, frontier, tried)
            frontier -= 1
        if c.MAKES[np.uint64(kind)] and not has_room(s):
            status = c.GROW
            break
    s[c.FRONTIER] = frontier
    return (row - s[c.ROWS + c.AT]) // c.EVENT, sample, status


@inlined
def _rows_of(s: Int64s, kind: int, row: int) -> int:
    """How many rows an event has made."""
    if kind == c.GO_SWITCH or kind == c.GO_SWITCH_DESTROY:
        return 3
    if kind == c.GO_DESTROY_SYSCALL and s[row + c.WIRE] == c.PROC_STEAL:
        return 2
    return 1


@kernel
def _emit_sample(s: Int64s, row: int, samples: Int64s, sample: int) -> None:
    emit(s, row, c.CPU_SAMPLE, samples[sample + c.S_TIME], NONE)
    s[row + c.THREAD] = samples[sample + c.S_THREAD]
    s[row + c.PROC] = samples[sample + c.S_PROC]
    s[row + c.GOROUTINE] = samples[sample + c.S_GOROUTINE]
    s[row + c.STACK_AT] = samples[sample + c.S_STACK]


@kernel
def _blame_sample(s: Int64s) -> None:
    s[c.FAULT] = SAMPLE_WITHOUT_STACK
    s[c.FAULT_TYPE] = c.CPU_SAMPLE
    s[c.FAULT_POSITION] = NONE
    s[c.FAULT_FOUND] = NONE
