"""Adds up changes of state by lane and slot of time."""

from __future__ import annotations

import numpy as np

from pipeline.kernels import inlined, kernel
from pipeline.values import Int64s


@inlined
def _in_order(keys: Int64s, most: int, before: Int64s) -> Int64s:
    """Places by key from 0 to most, those of equal keys as they were; others are left out."""
    starts = np.zeros(most + 2, np.int64)
    count = 0
    for place in before:
        if 0 <= keys[place] <= most:
            starts[keys[place] + 1] += 1
            count += 1
    for key in range(most + 1):
        starts[key + 1] += starts[key]
    order = np.empty(count, np.int64)
    for place in before:
        key = keys[place]
        if 0 <= key <= most:
            order[starts[key]] = place
            starts[key] += 1
    return order


@kernel
def summed(
    lanes: Int64s, slots: Int64s, times: Int64s, kinds: Int64s, deltas: Int64s, count: int, last: int
) -> tuple[Int64s, Int64s, Int64s, Int64s]:
    """Sums of changes by lane and slot, each added to those before it.

    lanes   of each row, from 0 and below count; rows of others are left out
    slots   of each row, from 0 to last; rows of others are left out
    kinds   of each row, a row of deltas; what is none changes nothing
    deltas  (kinds, states) by how much a row changes each state
    Returns lane and slot where there are rows, in order, and (row, state) the sums of the changes of all before, and of change times
    time; these have a row more.
    """
    states = deltas.shape[1]
    most = 0
    rises = True
    for place in range(len(slots)):
        slot = slots[place]
        if place and slot < slots[place - 1]:
            rises = False
        if most < slot <= last:
            most = slot
    order = np.arange(len(slots))
    if not rises:
        order = _in_order(slots, most, order)
    order = _in_order(lanes, count - 1, order)
    cells = 0
    lane, slot = -1, -1
    for place in order:
        if 0 <= slots[place] <= last and (lanes[place] != lane or slots[place] != slot):
            lane, slot = lanes[place], slots[place]
            cells += 1
    of_lane, of_slot = np.empty(cells, np.int64), np.empty(cells, np.int64)
    slopes, moments = np.zeros((cells + 1, states), np.int64), np.zeros((cells + 1, states), np.int64)
    cell = 0
    lane, slot = -1, -1
    for place in order:
        if not 0 <= slots[place] <= last:
            continue
        if lanes[place] != lane or slots[place] != slot:
            lane, slot = lanes[place], slots[place]
            of_lane[cell], of_slot[cell] = lane, slot
            cell += 1
            for state in range(states):
                slopes[cell, state], moments[cell, state] = slopes[cell - 1, state], moments[cell - 1, state]
        kind = kinds[place]
        if 0 <= kind < deltas.shape[0]:
            for state in range(states):
                slopes[cell, state] += deltas[kind, state]
                moments[cell, state] += deltas[kind, state] * times[place]
    return of_lane, of_slot, slopes, moments
