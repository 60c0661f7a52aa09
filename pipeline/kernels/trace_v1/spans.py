"""What lasts, or is told of, beside the states of goroutines and procs in traces before Go 1.22, as rows of ordered events.

The GC, sweeps, assists, stopped worlds, regions, tasks, logs and metrics; see rows.py.
"""

from __future__ import annotations

from pipeline.kernels import kernel
from pipeline.kernels.trace import columns as c
from pipeline.kernels.trace.state import (
    NONE,
    emit,
    end_region,
    end_task,
    find_g,
    find_p,
    find_task,
    find_text,
    new_p,
    new_region,
    new_task,
    remove_stop,
)
from pipeline.kernels.trace_v1 import wire as w
from pipeline.values import Int64s

# An event beside its numbers: its type, time, goroutine, proc and stack.
Event = tuple[int, int, int, int, int]
_FIRST_WITH_STOP_KINDS = 21
# What the world is stopped for, from 1 on; 0 is "".
STOPS = (
    "GC mark termination", "GC sweep termination", "write heap dump", "goroutine profile", "goroutine profile cleanup",
    "all goroutine stack trace", "read mem stats", "AllThreadsSyscall", "GOMAXPROCS", "start trace", "stop trace",
    "CountPagesInUse (test)", "ReadMetricsSlow (test)", "ReadMemStatsSlow (test)", "PageCachePagesLeaked (test)",
    "ResetDebugLog (test)",
)  # fmt: skip
_STOPS = len(STOPS)


@kernel
def p_of(s: Int64s, identity: int) -> int:
    """A proc's row, made when it is new; its status is 0 until it starts or stops."""
    p = find_p(s, identity)
    return p if p >= 0 else new_p(s, identity, 0)


@kernel
def stop_text(kind: int, version: int, first: int) -> int:
    """What the world is stopped for, as a text; STOPS are those from `first` on. Before Go 1.21 there were two kinds."""
    if version < _FIRST_WITH_STOP_KINDS:
        return first + kind if kind == 0 or kind == 1 else 0
    return first + kind - 1 if 0 < kind <= _STOPS else 0


@kernel
def stop_world(s: Int64s, row: int, what: Event, text: int) -> int:
    """The world stops, or goes on: there is one at a time, and another goroutine may start it again."""
    kind, time, goroutine, _, _ = what
    emit(s, row, c.STW_BEGIN if kind == w.STW_START else c.STW_END, time, NONE)
    s[row + c.RESOURCE] = goroutine if goroutine != 0 else NONE
    if kind == w.STW_START:
        stop = s[c.STOPS + c.END]
        s[stop + c.STOP_G] = s[row + c.RESOURCE]
        s[stop + c.STOP_TEXT] = s[row + c.TEXT] = text
        s[stop + c.STOP_SINCE] = s[row + c.TIME]
        s[stop + c.STOP_STACK] = 0
        s[c.STOPS + c.END] += c.STOP
        return 1
    stop = s[c.STOPS + c.AT]
    s[row + c.TEXT] = s[row + c.OPENED_TEXT] = s[stop + c.STOP_TEXT]
    s[row + c.OPENED] = s[stop + c.STOP_SINCE]
    remove_stop(s, stop)
    return 1


@kernel
def beside_states(s: Int64s, cur: int, row: int, words: Int64s, what: Event) -> int:
    """What changes no state of a goroutine or proc."""
    kind, time, _, _, stack = what
    if kind == w.SWEEP_START or kind == w.SWEEP_DONE:
        return _sweep(s, row, words, what)
    if kind == w.ASSIST_START or kind == w.ASSIST_DONE:
        return _assist(s, row, what)
    if kind == w.REGION:
        return _region(s, cur, row, words, what)
    if kind == w.TASK_CREATE or kind == w.TASK_END:
        return _task(s, cur, row, words, what)
    if kind == w.GC_START or kind == w.GC_DONE:
        return _gc(s, row, what)
    wire = c.CPU_SAMPLE
    if kind == w.LOG:
        wire = c.USER_LOG
    elif kind == w.GOMAXPROCS:
        wire = c.PROCS_CHANGE
    elif kind != w.CPU_SAMPLE:
        wire = c.HEAP_ALLOC if kind == w.HEAP_ALLOC else c.HEAP_GOAL
    emit(s, row, wire, time, NONE)
    s[row + c.STACK_AT] = stack
    if kind == w.LOG:
        s[row + c.RESOURCE] = words[1]
        s[row + c.TEXT] = find_text(s, cur, words[2])
        s[row + c.TEXT2] = words[w.MESSAGE_START]
    elif kind != w.CPU_SAMPLE:
        s[row + c.VALUE] = words[1]
    return 1


@kernel
def _gc(s: Int64s, row: int, what: Event) -> int:
    """A GC begins or ends."""
    kind, time, _, _, stack = what
    emit(s, row, c.GC_BEGIN if kind == w.GC_START else c.GC_END, time, NONE)
    if kind == w.GC_START:
        s[row + c.STACK_AT] = s[c.GC_STACK] = stack
        s[c.GC_SINCE] = s[row + c.TIME]
        s[c.GC_STATE] = c.GC_RUNNING
    else:
        s[row + c.OPENED] = s[c.GC_SINCE]
        s[row + c.OPENED_STACK] = s[c.GC_STACK]
        s[c.GC_STATE] = c.GC_NOT_RUNNING
    return 1


@kernel
def _sweep(s: Int64s, row: int, words: Int64s, what: Event) -> int:
    """A proc begins or ends to sweep."""
    kind, time, _, proc, stack = what
    p = p_of(s, proc)
    emit(s, row, c.GC_SWEEP_BEGIN if kind == w.SWEEP_START else c.GC_SWEEP_END, time, NONE)
    s[row + c.RESOURCE] = proc
    if kind == w.SWEEP_START:
        s[row + c.STACK_AT] = s[p + c.P_SWEEP_STACK] = stack
        s[p + c.P_SWEEP] = 1
        s[p + c.P_SWEEP_SINCE] = s[row + c.TIME]
    else:
        s[row + c.VALUE], s[row + c.VALUE2] = words[1], words[2]
        s[row + c.OPENED] = s[p + c.P_SWEEP_SINCE]
        s[row + c.OPENED_STACK] = s[p + c.P_SWEEP_STACK]
        s[p + c.P_SWEEP] = 0
    return 1


@kernel
def _assist(s: Int64s, row: int, what: Event) -> int:
    """A goroutine begins or ends to assist the GC; that may have begun before the trace."""
    kind, time, goroutine, _, stack = what
    g = find_g(s, goroutine)
    emit(s, row, c.GC_MARK_ASSIST_BEGIN if kind == w.ASSIST_START else c.GC_MARK_ASSIST_END, time, NONE)
    s[row + c.RESOURCE] = goroutine if goroutine != 0 else NONE
    s[row + c.STACK_AT] = stack
    if g < 0:
        return 1
    if kind == w.ASSIST_START:
        s[g + c.G_ASSIST] = 1
        s[g + c.G_ASSIST_SINCE] = s[row + c.TIME]
        s[g + c.G_ASSIST_STACK] = stack
    else:
        if s[g + c.G_ASSIST]:
            s[row + c.OPENED] = s[g + c.G_ASSIST_SINCE]
            s[row + c.OPENED_STACK] = s[g + c.G_ASSIST_STACK]
        s[g + c.G_ASSIST] = 0
        s[g + c.G_ASSIST_STACK] = 0
    return 1


@kernel
def _region(s: Int64s, cur: int, row: int, words: Int64s, what: Event) -> int:
    """A region of a goroutine begins, or its innermost one ends; that may have begun before the trace."""
    _, time, goroutine, _, stack = what
    g, text = find_g(s, goroutine), find_text(s, cur, words[3])
    emit(s, row, c.USER_REGION_END if words[2] else c.USER_REGION_BEGIN, time, NONE)
    s[row + c.RESOURCE] = words[1]
    s[row + c.TEXT] = text
    s[row + c.STACK_AT] = stack
    if g < 0:
        return 1
    if words[2] == 0:
        region = new_region(s, g)
        s[region + c.R_TASK] = words[1]
        s[region + c.R_TEXT] = text
        s[region + c.R_SINCE] = s[row + c.TIME]
        s[region + c.R_STACK] = stack
    elif s[g + c.G_REGION]:
        region = s[g + c.G_REGION]
        s[row + c.OPENED] = s[region + c.R_SINCE]
        s[row + c.OPENED_STACK] = s[region + c.R_STACK]
        s[row + c.OPENED_TEXT] = s[region + c.R_TEXT]
        end_region(s, g)
    return 1


@kernel
def _task(s: Int64s, cur: int, row: int, words: Int64s, what: Event) -> int:
    """A task begins, or ends with the name and the parent it began with, if the trace tells."""
    kind, time, _, _, stack = what
    emit(s, row, c.USER_TASK_BEGIN if kind == w.TASK_CREATE else c.USER_TASK_END, time, NONE)
    s[row + c.RESOURCE] = words[1]
    s[row + c.STACK_AT] = stack
    s[row + c.VALUE] = NONE
    task = find_task(s, words[1])
    if kind == w.TASK_CREATE:
        text = find_text(s, cur, words[3])
        # A parent of 0 is none as it begins, and the background task as it ends.
        s[row + c.VALUE] = words[2] if words[2] != 0 else NONE
        s[row + c.TEXT] = text
        task = task if task >= 0 else new_task(s, words[1])
        s[task + c.T_PARENT] = words[2]
        s[task + c.T_TEXT] = text
        s[task + c.T_SINCE] = s[row + c.TIME]
        s[task + c.T_STACK] = stack
    elif task >= 0:
        s[row + c.VALUE] = s[task + c.T_PARENT]
        s[row + c.TEXT] = s[row + c.OPENED_TEXT] = s[task + c.T_TEXT]
        s[row + c.OPENED] = s[task + c.T_SINCE]
        s[row + c.OPENED_STACK] = s[task + c.T_STACK]
        end_task(s, task)
    return 1
