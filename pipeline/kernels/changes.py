"""Adds up changes of state by lane and slot of time."""

from __future__ import annotations

import numpy as np

from pipeline.kernels import inlined, kernel
from pipeline.values import Bools, Bytes, Int32s, Int64s


@inlined
def _in_order(slots: Int32s, last: int) -> Int64s:
    """Places of rows by slot from 0 to last, those of one slot as they were; others are left out."""
    starts = np.zeros(last + 2, np.int64)
    count = 0
    for slot in slots:
        if 0 <= slot <= last:
            starts[slot + 1] += 1
            count += 1
    for slot in range(last + 1):
        starts[slot + 1] += starts[slot]
    order = np.empty(count, np.int64)
    for place in range(len(slots)):
        slot = slots[place]
        if 0 <= slot <= last:
            order[starts[slot]] = place
            starts[slot] += 1
    return order


@kernel
def timed(
    ticks: Int64s,
    rests: Bytes,
    kinds: Int32s,
    is_change: Bools,
    is_older: Bools,
    tick_bits: int,
    start: int,
    far: int,
    since: int,
    until: int,
    keeps_older: bool,
    begin: int,
    shift: int,
    last: int,
) -> tuple[Int32s, Int64s]:
    """The slot of each row, and its time in ns since the start.

    ticks, rests  a time is 2^tick_bits ns times ticks, and the rest
    kinds         of each row, a place in is_change and is_older
    far           a time further away from the start than this is only as far away as this
    keeps_older   whether what is older than the trace has slot 0 and time 0, or no slot
    Only changes from since on and before until have a slot, others -1. Slots are of 2^shift ns, counted from 1 where `begin` is;
    before it is slot 0, and what is behind the last one is in it.
    """
    slots, times = np.full(len(kinds), -1, np.int32), np.zeros(len(kinds), np.int64)
    # None of these leaves 64 bits, whatever the start is.
    first_ns, last_ns = max(start, -(1 << 63) + far) - far, min(start, (1 << 63) - 1 - far) + far
    first_tick, last_tick, offset = first_ns >> tick_bits, last_ns >> tick_bits, first_ns & ((1 << tick_bits) - 1)
    for place in range(len(kinds)):
        kind = kinds[place]
        if not (0 <= kind < len(is_change) and is_change[kind]):
            continue
        if is_older[kind]:
            if keeps_older:
                slots[place] = 0
            continue
        tick = min(max(ticks[place], first_tick - 1), last_tick + 1)
        from_first = ((tick - first_tick) << tick_bits) + rests[place] - offset
        time = min(max(from_first, 0), last_ns - first_ns) + (first_ns - start)
        times[place] = time
        if since <= time < until:
            slots[place] = 0 if time < begin else min(1 + ((time - begin) >> shift), last)
    return slots, times


@kernel
def summed(
    lanes: Int32s, slots: Int32s, times: Int64s, kinds: Int32s, deltas: Int64s, count: int, last: int
) -> tuple[Int64s, Int64s, Int64s, Int64s]:
    """Sums of changes by lane and slot.

    lanes   of each row, from 0 and below count; rows of others are left out
    slots   of each row, from 0 to last; rows of others are left out
    kinds   of each row, a row of deltas; what is none changes nothing
    deltas  (kinds, states) by how much a row changes each state
    Returns lane and slot where there are rows, in order, and (row, state) the sums of their changes, and of change times time.
    Nothing is sorted where slots rise, as they do in a trace: each lane knows where its next sums are.
    """
    states = deltas.shape[1]
    latest_slot, rises = -1, True
    for slot in slots:
        if 0 <= slot <= last:
            rises = rises and latest_slot <= slot
            latest_slot = slot
    order = np.empty(0, np.int64) if rises else _in_order(slots, last)
    rows = len(slots) if rises else len(order)
    latest, starts = np.full(count, -1, np.int64), np.zeros(count + 1, np.int64)
    for row in range(rows):
        place = row if rises else order[row]
        lane, slot = lanes[place], slots[place]
        if 0 <= lane < count and latest[lane] < slot <= last:
            latest[lane] = slot
            starts[lane + 1] += 1
    for lane in range(count):
        starts[lane + 1] += starts[lane]
    cells = starts[count]
    of_lane, of_slot = np.empty(cells, np.int64), np.empty(cells, np.int64)
    slopes, moments = np.zeros((cells, states), np.int64), np.zeros((cells, states), np.int64)
    latest[:] = -1
    # Of each lane, behind the sums that are added to.
    ends = starts[:count].copy()
    for row in range(rows):
        place = row if rises else order[row]
        lane, slot, kind = lanes[place], slots[place], kinds[place]
        if not (0 <= lane < count and 0 <= slot <= last):
            continue
        if latest[lane] < slot:
            latest[lane] = slot
            of_lane[ends[lane]], of_slot[ends[lane]] = lane, slot
            ends[lane] += 1
        if 0 <= kind < deltas.shape[0]:
            cell = ends[lane] - 1
            for state in range(states):
                slopes[cell, state] += deltas[kind, state]
                moments[cell, state] += deltas[kind, state] * times[place]
    return of_lane, of_slot, slopes, moments


@kernel
def running(sums: Int64s, rows: Int64s, starts: Int64s) -> Int64s:
    """(start, state): sums of all rows before each start, and before the end.

    sums    (row, state) rows in any order
    rows    their order; places beyond the rows there are count for nothing
    starts  rising places in rows
    """
    states = sums.shape[1]
    found = np.zeros((len(starts) + 1, states), np.int64)
    for number in range(len(starts)):
        until = starts[number + 1] if number + 1 < len(starts) else len(rows)
        for state in range(states):
            found[number + 1, state] = found[number, state]
        for place in range(max(starts[number], 0), min(until, len(rows))):
            row = rows[place]
            if 0 <= row < len(sums):
                for state in range(states):
                    found[number + 1, state] += sums[row, state]
    return found
