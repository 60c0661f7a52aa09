"""Adds up changes of state by lane and slot of time."""

from __future__ import annotations

import numpy as np

from pipeline.kernels import inlined, kernel
from pipeline.values import Int32s, Int64s


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
def summed(
    lanes: Int32s, slots: Int32s, times: Int64s, kinds: Int32s, deltas: Int64s, count: int, last: int
) -> tuple[Int64s, Int64s, Int64s, Int64s]:
    """Sums of changes by lane and slot, each added to those before it.

    lanes   of each row, from 0 and below count; rows of others are left out
    slots   of each row, from 0 to last; rows of others are left out
    kinds   of each row, a row of deltas; what is none changes nothing
    deltas  (kinds, states) by how much a row changes each state
    Returns lane and slot where there are rows, in order, and (row, state) the sums of the changes of all before, and of change times
    time; these have a row more. Nothing is sorted where slots rise, as they do in a trace: each lane knows where its next sums are.
    """
    states = deltas.shape[1]
    rises = True
    for place in range(1, len(slots)):
        rises = rises and slots[place - 1] <= slots[place]
    order = np.arange(len(slots)) if rises else _in_order(slots, last)
    latest, starts = np.full(count, -1, np.int64), np.zeros(count + 1, np.int64)
    for place in order:
        lane, slot = lanes[place], slots[place]
        if 0 <= lane < count and latest[lane] < slot <= last:
            latest[lane] = slot
            starts[lane + 1] += 1
    for lane in range(count):
        starts[lane + 1] += starts[lane]
    cells = starts[count]
    of_lane, of_slot = np.empty(cells, np.int64), np.empty(cells, np.int64)
    slopes, moments = np.zeros((cells + 1, states), np.int64), np.zeros((cells + 1, states), np.int64)
    latest[:] = -1
    # Of each lane, behind the sums that are added to.
    ends = starts[:count].copy()
    for place in order:
        lane, slot, kind = lanes[place], slots[place], kinds[place]
        if not (0 <= lane < count and 0 <= slot <= last):
            continue
        cell = ends[lane]
        if latest[lane] < slot:
            latest[lane] = slot
            of_lane[cell], of_slot[cell] = lane, slot
            cell += 1
            ends[lane] = cell
        if 0 <= kind < deltas.shape[0]:
            for state in range(states):
                slopes[cell, state] += deltas[kind, state]
                moments[cell, state] += deltas[kind, state] * times[place]
    for cell in range(1, cells + 1):
        for state in range(states):
            slopes[cell, state] += slopes[cell - 1, state]
            moments[cell, state] += moments[cell - 1, state]
    return of_lane, of_slot, slopes, moments
