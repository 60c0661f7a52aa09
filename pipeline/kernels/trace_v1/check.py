"""Whether the events of a trace before Go 1.22, in order, can have happened: no proc runs two goroutines, and so on.

postProcessTrace of internal/trace/internal/tracev1/parser.go, Go 1.27, which refuses the whole trace otherwise; and that
every text that is named is there, without which it would panic.
"""

from __future__ import annotations

import numpy as np

from pipeline.kernels import kernel
from pipeline.kernels.ids import find_id
from pipeline.kernels.trace_v1 import wire as w
from pipeline.kernels.trace_v1.order import argument
from pipeline.values import Bytes, Int32s, Int64s

OK = 0
PROC_RUNS, PROC_STOPPED, PROC_HAS_GOROUTINE, GC_RUNS, GC_STOPPED = 140, 141, 142, 143, 144
WORLD_STOPPED, WORLD_RUNS, SWEEPS, SWEEPS_NOT, ASSISTS = 145, 146, 147, 148, 149
NOT_RUNNABLE, NOT_RUNNING, NOT_WAITING, EXISTS, ON_ANOTHER, NO_GOROUTINE = 150, 151, 152, 153, 154, 155
TASK_EXISTS, REGION_MISUSED, BAD_MODE, BAD_TEXT, NOT_CONVERTED = 156, 157, 158, 159, 160

# Procs that only stand for where an event came from: Go's numbers are 1,000,000 more than these, without the sign, less
# one.
TIMERS, NETWORK, SYSTEM_CALLS, GC = -2, -3, -4, -5

_DEAD, _RUNNABLE, _RUNNING, _WAITING = 0, 1, 2, 3
# Columns of a goroutine's state: what it does, whether it was ever there, its last event that says what it waits for,
# whether it assists the GC; and whether the task of this place is active.
_STATE, _IS, _LAST, _ASSISTS, _TASK = range(5)
_G = 5
# Columns of a proc's: whether it runs, its goroutine, whether it sweeps.
_RUNS, _HAS, _SWEEPS = range(3)
_P = 3
# And what there is once: whether a GC runs, whether the world is stopped.
_GC, _STOPPED = range(2)


@kernel
def check(
    data: Bytes,
    places: Int64s,
    links: Int32s,
    counts: tuple[int, int],
    ordered: Int32s,
    is_timer: Bytes,
    texts: tuple[Int64s, Int64s, Int64s],
) -> tuple[int, int, int]:
    """A status, the event at fault and what was found there; the proc of some events becomes what they came from.

    counts    goroutines and tasks, procs
    is_timer  uint8 (ids,)  goroutines that fire timers
    texts     ids of the strings, and their look-up as index_ids makes it
    """
    ids, procs = counts
    g, p, world = np.zeros((ids, _G), np.uint8), np.zeros((procs, _P), np.int64), np.zeros(2, np.int64)
    regions, outer = np.full(ids, -1, np.int32), np.empty(len(places), np.int32)
    g[0, _STATE] = _RUNNING
    g[0, _IS] = 1
    for n in range(len(ordered)):
        event = int(ordered[n])
        at = places[event]
        kind = int(data[at]) & 63
        link = links[event]
        if w.NAMES_ITS_GOROUTINE[kind] or kind == w.SYSCALL_EXIT_LOCAL:
            status, found = _elsewhere(g, link, kind)
        elif w.STARTS[kind] or w.ENDS[kind] or kind == w.GO_CREATE or kind == w.SYSCALL:
            status, found = _on_a_proc(g, p, link, kind)
            if kind == w.GO_END:
                regions[link[w.GOROUTINE]] = -1
        elif kind == w.GO_UNBLOCK or kind == w.UNBLOCK_LOCAL:
            status, found = _unblock(g, p, link, is_timer)
        elif kind == w.REGION:
            status, found = _region(data, places, event, regions, outer, link[w.GOROUTINE])
        else:
            status, found = _rest(g, p, world, link, kind)
        if status == OK:
            status, found = _text(data, at, kind, texts)
        if status:
            return status, event, found
    return OK, -1, 0


@kernel
def _elsewhere(g: Bytes, link: Int32s, kind: int) -> tuple[int, int]:
    """Goroutines found waiting or in a system call as the trace begins, and the ends of system calls."""
    goroutine = np.int64(link[w.GOROUTINE])
    if kind == w.GO_WAITING or kind == w.GO_IN_SYSCALL:
        if g[goroutine, _STATE] != _RUNNABLE:
            return NOT_RUNNABLE, goroutine
        g[goroutine, _STATE] = _WAITING
    else:
        link[w.PROC] = SYSTEM_CALLS
        if g[goroutine, _STATE] != _WAITING:
            return NOT_WAITING, goroutine
        g[goroutine, _STATE] = _RUNNABLE
    g[goroutine, _IS], g[goroutine, _LAST] = 1, kind
    return OK, 0


@kernel
def _on_a_proc(g: Bytes, p: Int64s, link: Int32s, kind: int) -> tuple[int, int]:
    """A goroutine begins to run, makes another, calls the system or stops running."""
    goroutine, proc = np.int64(link[w.GOROUTINE]), np.int64(link[w.PROC])
    if w.STARTS[kind]:
        if g[goroutine, _STATE] != _RUNNABLE:
            return NOT_RUNNABLE, goroutine
        if p[proc, _HAS] != 0:
            return PROC_HAS_GOROUTINE, p[proc, _HAS]
        g[goroutine, _STATE], g[goroutine, _LAST] = _RUNNING, 0
        p[proc, _HAS] = goroutine
        return OK, 0
    if g[goroutine, _STATE] != _RUNNING:
        return NOT_RUNNING, goroutine
    if p[proc, _HAS] != goroutine:
        return ON_ANOTHER, goroutine
    if kind == w.GO_CREATE:
        target = np.int64(link[w.TARGET])
        if g[target, _IS]:
            return EXISTS, target
        g[target, _STATE], g[target, _IS], g[target, _LAST] = _RUNNABLE, 1, kind
        return OK, 0
    if goroutine == 0:
        return NO_GOROUTINE, 0
    if kind != w.SYSCALL_BLOCK:
        g[goroutine, _LAST] = kind
    if kind != w.SYSCALL:
        p[proc, _HAS] = 0
        g[goroutine, _STATE] = _WAITING
        if kind == w.GO_END or kind == w.GO_STOP:
            g[goroutine, _STATE] = _DEAD
        elif kind == w.GO_SCHED or kind == w.GO_PREEMPT:
            g[goroutine, _STATE] = _RUNNABLE
    return OK, 0


@kernel
def _unblock(g: Bytes, p: Int64s, link: Int32s, is_timer: Bytes) -> tuple[int, int]:
    """A goroutine wakes another; the network and timers do so on procs of their own."""
    goroutine, target = np.int64(link[w.GOROUTINE]), np.int64(link[w.TARGET])
    if g[goroutine, _STATE] != _RUNNING:
        return NOT_RUNNING, goroutine
    if is_timer[goroutine]:
        link[w.PROC] = TIMERS
    elif p[link[w.PROC], _HAS] != goroutine:
        return ON_ANOTHER, goroutine
    if g[target, _STATE] != _WAITING:
        return NOT_WAITING, target
    if g[target, _LAST] == w.BLOCK_NET:
        link[w.PROC] = NETWORK
    g[target, _STATE], g[target, _LAST] = _RUNNABLE, w.GO_UNBLOCK
    return OK, 0


@kernel
def _region(data: Bytes, places: Int64s, event: int, regions: Int32s, outer: Int32s, goroutine: int) -> tuple[int, int]:
    """A region begins, or the innermost one ends; one that began before the trace ends without having begun."""
    mode, innermost = argument(data, places[event], 1), np.int64(regions[goroutine])
    if mode == 0:
        outer[event] = innermost
        regions[goroutine] = event
        return OK, 0
    if mode != 1:
        return BAD_MODE, mode
    if innermost < 0:
        return OK, 0
    for k in (0, 2):
        if argument(data, places[event], k) != argument(data, places[innermost], k):
            return REGION_MISUSED, np.int64(goroutine)
    regions[goroutine] = outer[innermost]
    return OK, 0


@kernel
def _rest(g: Bytes, p: Int64s, world: Int64s, link: Int32s, kind: int) -> tuple[int, int]:
    """Procs, the GC, tasks."""
    proc, goroutine = np.int64(link[w.PROC]), np.int64(link[w.GOROUTINE])
    if kind == w.PROC_START:
        if p[proc, _RUNS]:
            return PROC_RUNS, 0
        p[proc, _RUNS] = 1
    elif kind == w.PROC_STOP:
        if not p[proc, _RUNS]:
            return PROC_STOPPED, 0
        if p[proc, _HAS]:
            return PROC_HAS_GOROUTINE, p[proc, _HAS]
        p[proc, _RUNS] = 0
    elif kind == w.GC_START or kind == w.GC_DONE:
        if world[_GC] == (kind == w.GC_START):
            return GC_RUNS if world[_GC] else GC_STOPPED, 0
        world[_GC] = kind == w.GC_START
        if kind == w.GC_START:
            link[w.PROC] = GC
    elif kind == w.STW_START or kind == w.STW_DONE:
        if world[_STOPPED] == (kind == w.STW_START):
            return WORLD_STOPPED if world[_STOPPED] else WORLD_RUNS, 0
        world[_STOPPED] = kind == w.STW_START
    elif kind == w.SWEEP_START or kind == w.SWEEP_DONE:
        if p[proc, _SWEEPS] == (kind == w.SWEEP_START):
            return SWEEPS if p[proc, _SWEEPS] else SWEEPS_NOT, 0
        p[proc, _SWEEPS] = kind == w.SWEEP_START
    elif kind == w.ASSIST_START or kind == w.ASSIST_DONE:
        # One that runs as the trace begins ends without having begun.
        if kind == w.ASSIST_START and g[goroutine, _ASSISTS]:
            return ASSISTS, goroutine
        g[goroutine, _ASSISTS] = kind == w.ASSIST_START
    elif kind == w.TASK_CREATE or kind == w.TASK_END:
        if kind == w.TASK_CREATE and g[link[w.TARGET], _TASK]:
            return TASK_EXISTS, np.int64(link[w.TARGET])
        g[link[w.TARGET], _TASK] = kind == w.TASK_CREATE
    elif kind == w.FUTILE_WAKEUP:
        return NOT_CONVERTED, kind
    return OK, 0


@kernel
def _text(data: Bytes, at: int, kind: int, texts: tuple[Int64s, Int64s, Int64s]) -> tuple[int, int]:
    """The text that an event names has to be there."""
    if kind == w.LOG:
        identity = argument(data, at, 1)
    elif kind == w.START_LABEL or kind == w.TASK_CREATE or kind == w.REGION:
        identity = argument(data, at, 2)
    else:
        return OK, 0
    if identity == 0 or find_id(texts[0], texts[1], texts[2], identity) >= 0:
        return OK, 0
    return BAD_TEXT, identity
