"""The order of events in traces before Go 1.22: merges the procs' batches by what a goroutine can do next.

internal/trace/internal/tracev1/order.go and parseEventBatches of Go 1.27. An event whose goroutine is in the state it
needs comes in by its time; sequence numbers tell which of several such events is the next. At last the ends of system
calls, which are written late, get the times they had.
"""

from __future__ import annotations

import numpy as np

from pipeline.kernels import kernel
from pipeline.kernels.trace.wire import number
from pipeline.kernels.trace_v1 import wire as w
from pipeline.values import Bytes, Int32s, Int64s

OK = 0
NO_ORDER, IMPOSSIBLE, TIMES_OUT_OF_ORDER, STRAY_EXIT, TOO_MANY_TRIES = 120, 121, 122, 123, 124

_DEAD, _RUNNABLE, _RUNNING, _WAITING = 0, 1, 2, 3
# Any sequence number will do; it stays as it is; it is one more.
_ANY = -1
_STAYS, _NEXT = -1, -2
# What no other event can have an influence on.
_UNORDERED = -1
# Procs looked at that wait, beyond a fair number for each event.
_FAIR_TRIES = 200
MOST_TRIES = 1 << 32
_HIGHEST = 2.0**63
_LOWEST = -(2**63)


@kernel
def argument(data: Bytes, at: int, k: int) -> int:
    """Number `k` of the event at `at`, which has been checked; 0 is the first behind its time."""
    end = len(data)
    inline = int(data[at]) >> 6 < 3
    at += 1
    skipped = k + 1 if inline else k + 2
    for _ in range(skipped):
        _, at = number(data, at, end)
    value, _ = number(data, at, end)
    return value


@kernel
def _transition(data: Bytes, places: Int64s, links: Int32s, event: int, gc: int) -> tuple[int, int, int, int, int]:
    """Whose state an event needs and changes; the sequence number and state it needs, and those it leaves."""
    at = places[event]
    goroutine, target = np.int64(links[event, w.GOROUTINE]), np.int64(links[event, w.TARGET])
    kind = int(data[at]) & 63
    if kind == w.GO_CREATE:
        return target, 0, _DEAD, 1, _RUNNABLE
    if kind == w.GO_WAITING or kind == w.GO_IN_SYSCALL:
        return goroutine, 1, _RUNNABLE, 2, _WAITING
    if kind == w.GO_START or kind == w.START_LABEL:
        sequence = argument(data, at, 1)
        return goroutine, sequence, _RUNNABLE, sequence + 1, _RUNNING
    if kind == w.START_LOCAL:
        return goroutine, _ANY, _RUNNABLE, _NEXT, _RUNNING
    if kind == w.GO_SCHED or kind == w.GO_PREEMPT:
        return goroutine, _ANY, _RUNNING, _STAYS, _RUNNABLE
    if kind == w.GO_UNBLOCK or kind == w.SYSCALL_EXIT:
        sequence = argument(data, at, 1)
        return target, sequence, _WAITING, sequence + 1, _RUNNABLE
    if kind == w.UNBLOCK_LOCAL or kind == w.SYSCALL_EXIT_LOCAL:
        return target, _ANY, _WAITING, _NEXT, _RUNNABLE
    if kind == w.GC_START:
        sequence = argument(data, at, 0)
        return gc, sequence, _DEAD, sequence + 1, _DEAD
    if w.ENDS[kind] and kind != w.GO_END and kind != w.GO_STOP:
        return goroutine, _ANY, _RUNNING, _STAYS, _WAITING
    return _UNORDERED, _ANY, _DEAD, _STAYS, _DEAD


@kernel
def _is_ready(state: Int64s, sequence: Int64s, key: int, needs: int, status: int) -> bool:
    return key == _UNORDERED or ((needs == _ANY or needs == sequence[key]) and status == state[key])


@kernel
def _follows(sequence: int, then: int) -> int:
    return sequence if then == _STAYS else sequence + 1 if then == _NEXT else then


@kernel
def _push(heap: Int64s, n: int, times: Int64s, event: int) -> int:
    at = n
    while at > 0 and times[event] < times[heap[(at - 1) >> 1]]:
        heap[at] = heap[(at - 1) >> 1]
        at = (at - 1) >> 1
    heap[at] = event
    return n + 1


@kernel
def _pop(heap: Int64s, n: int, times: Int64s) -> int:
    """Take the first out of a heap of `n`."""
    first, n = heap[0], n - 1
    one, at = heap[n], 0
    while 2 * at + 1 < n:
        below = 2 * at + 1
        if below + 1 < n and times[heap[below + 1]] < times[heap[below]]:
            below += 1
        if times[heap[below]] >= times[one]:
            break
        heap[at] = heap[below]
        at = below
    heap[at] = one
    return first


@kernel
def order(
    data: Bytes, times: Int64s, places: Int64s, links: Int32s, heads: Int32s, ids: int, ordered: Int32s
) -> tuple[int, int]:
    """Every event in order, into `ordered`; a status and the event at fault, -1 for none.

    heads  int32 (procs,)  each proc's first event, -1 without
    ids    how many goroutines and tasks there are
    """
    state, sequence = np.zeros(ids + 1, np.int64), np.zeros(ids + 1, np.int64)
    heap, n_heap = np.zeros(len(heads), np.int64), 0
    # Procs whose next event has to wait, by event and by whose state it waits for.
    waits, waits_for, n_waits = np.zeros(len(heads), np.int64), np.zeros(len(heads), np.int64), 0
    for proc in range(len(heads)):
        if heads[proc] >= 0:
            waits[n_waits], waits_for[n_waits] = heads[proc], _UNORDERED
            n_waits += 1
    changed, n, tries = _UNORDERED, 0, 0
    while True:
        tries = max(0, tries + n_waits - _FAIR_TRIES)
        if tries > MOST_TRIES:
            return TOO_MANY_TRIES, waits[0]
        at = 0
        while at < n_waits:
            event = waits[at]
            if waits_for[at] != _UNORDERED and waits_for[at] != changed:
                at += 1
                continue
            key, needs, status, _, _ = _transition(data, places, links, event, ids)
            waits_for[at] = key
            if _is_ready(state, sequence, key, needs, status):
                n_heap = _push(heap, n_heap, times, event)
                n_waits -= 1
                waits[at], waits_for[at] = waits[n_waits], waits_for[n_waits]
            else:
                at += 1
        if n_heap == 0:
            return (NO_ORDER, waits[0]) if n_waits else (OK, -1)
        event = _pop(heap, n_heap, times)
        n_heap -= 1
        key, needs, status, then, after = _transition(data, places, links, event, ids)
        if not _is_ready(state, sequence, key, needs, status):
            return IMPOSSIBLE, event
        if key != _UNORDERED:
            state[key], sequence[key] = after, _follows(sequence[key], then)
        changed = key
        ordered[n] = event
        n += 1
        if links[event, w.NEXT] >= 0:
            waits[n_waits], waits_for[n_waits] = links[event, w.NEXT], _UNORDERED
            n_waits += 1


@kernel
def end_system_calls(
    data: Bytes, times: Int64s, places: Int64s, links: Int32s, ids: int, ordered: Int32s
) -> tuple[int, int]:
    """Give the ends of system calls their own times; a status and the event at fault. Times have to rise before."""
    since = np.zeros(ids, np.int64)
    for n in range(1, len(ordered)):
        if times[ordered[n]] < times[ordered[n - 1]]:
            return TIMES_OUT_OF_ORDER, ordered[n]
    for n in range(len(ordered)):
        event = ordered[n]
        kind = int(data[places[event]]) & 63
        goroutine = links[event, w.GOROUTINE]
        if kind == w.SYSCALL_BLOCK or kind == w.GO_IN_SYSCALL:
            since[goroutine] = times[event]
        elif kind == w.SYSCALL_EXIT:
            ended = argument(data, places[event], 2)
            if ended == 0:
                continue
            if since[goroutine] == 0:
                return STRAY_EXIT, event
            if ended < since[goroutine]:
                return TIMES_OUT_OF_ORDER, event
            times[event] = ended
    return OK, -1


@kernel
def to_nanoseconds(times: Int64s, first: int, factor: float) -> None:
    """Ticks to nanoseconds since `first`, cut off behind the point; what does not fit becomes the lowest number."""
    for event in range(len(times)):
        scaled = np.float64(times[event] - first) * factor
        times[event] = np.int64(scaled) if scaled < _HIGHEST and scaled >= _LOWEST else np.int64(_LOWEST)


@kernel
def system_calls_that_block(
    data: Bytes, places: Int64s, links: Int32s, ids: int, ordered: Int32s, blocks: Bytes
) -> None:
    """Mark each system call behind which its goroutine's next event says that it blocked."""
    follows = np.zeros(ids, np.uint8)
    for n in range(len(ordered) - 1, -1, -1):
        event = ordered[n]
        kind = data[places[event]] & 63
        goroutine = links[event, w.GOROUTINE]
        if kind == w.SYSCALL and follows[goroutine] == w.SYSCALL_BLOCK:
            blocks[event] = 1
        follows[goroutine] = kind
