"""Folds weighed stacks into the nodes of a flame graph, depth first: what sorting and grouping every frame would come to."""

from __future__ import annotations

import numpy as np

from pipeline.kernels import inlined, kernel
from pipeline.values import Int32s, Int64s

_LOW_BITS = 32
_LOW = (1 << _LOW_BITS) - 1
_MOST = (1 << 63) - 1


@inlined
def _shared(offsets: Int64s, names: Int32s, one: int, other: int) -> int:
    """Down to which level two stacks have the same names."""
    most = min(offsets[one + 1] - offsets[one], offsets[other + 1] - offsets[other])
    level = 0
    while level < most and names[offsets[one] + level] == names[offsets[other] + level]:
        level += 1
    return level


@inlined
def _is_before(offsets: Int64s, names: Int32s, one: int, other: int) -> bool:
    """Whether a stack's names come before another's; a caller's before those it calls."""
    level = _shared(offsets, names, one, other)
    if level == offsets[one + 1] - offsets[one] or level == offsets[other + 1] - offsets[other]:
        return offsets[one + 1] - offsets[one] < offsets[other + 1] - offsets[other]
    return names[offsets[one] + level] < names[offsets[other] + level]


@kernel
def depth_first(offsets: Int64s, names: Int32s) -> Int64s:
    """The order of stacks by their names, root first: merged from runs of one, two, four ..."""
    count = len(offsets) - 1
    order, merged = np.arange(count), np.empty(count, np.int64)
    width = 1
    while width < count:
        for begin in range(0, count, 2 * width):
            left, right = begin, min(begin + width, count)
            middle, end = right, min(begin + 2 * width, count)
            for place in range(begin, end):
                takes_right = left == middle or (right < end and _is_before(offsets, names, order[right], order[left]))
                if takes_right:
                    merged[place] = order[right]
                    right += 1
                else:
                    merged[place] = order[left]
                    left += 1
        order, merged = merged, order
        width *= 2
    return order


@inlined
def _clamped(high: int, low: int) -> int:
    """high * 2^32 + low, or what 64 bits hold that is nearest."""
    high += low >> _LOW_BITS
    if high > (1 << 31) - 1:
        return _MOST
    if high < -(1 << 31):
        return -_MOST - 1
    return (high << _LOW_BITS) | (low & _LOW)


@inlined
def _added_up(callers: Int64s, high: Int64s, low: Int64s) -> tuple[Int64s, Int64s]:
    """The weight of each node with all below it and alone, of the halves of what ends there; a caller comes before what it calls."""
    count = len(callers)
    own, value = np.empty((2, count), np.int64), np.empty((2, count), np.int64)
    for side in range(2):
        for node in range(count):
            own[side, node] = _clamped(high[side, node], low[side, node])
        for node in range(count - 1, -1, -1):
            value[side, node] = _clamped(high[side, node], low[side, node])
            if node:
                high[side, callers[node]] += high[side, node]
                low[side, callers[node]] += low[side, node]
    return value, own


@kernel
def fold_stacks(
    offsets: Int64s, names: Int32s, lines: Int64s, weights: Int64s, ids: Int32s
) -> tuple[Int32s, Int32s, Int64s, Int32s, Int64s, Int64s]:
    """Nodes in depth-first order, siblings by name, the root first.

    offsets  where the frames of each stack begin, root first, and where the last one ends
    names    of each frame, a number whose order is that of siblings
    lines    of each frame, 0 for none
    weights  (2, stacks) on the left and on the right
    ids      of each stack
    Returns level, name (-1 for the root), line (-1 where stacks differ or there is none), the stack that ends there (-1 unless it is
    the only one), and the weights (2, nodes) of each with all below it, and alone. Sums are the nearest that 64 bits hold.
    """
    order = depth_first(offsets, names)
    count, deepest = 1, 0
    for place in range(len(order)):
        stack = order[place]
        depth = offsets[stack + 1] - offsets[stack]
        deepest = max(deepest, depth)
        count += depth - (_shared(offsets, names, order[place - 1], stack) if place else 0)
    levels, of_name = np.zeros(count, np.int32), np.full(count, -1, np.int32)
    of_line, of_stack = np.full(count, -1, np.int64), np.full(count, -1, np.int32)
    callers, ends = np.full(count, -1, np.int64), np.zeros(count, np.int64)
    # Halves of sums, which fit whatever the weights are.
    high, low = np.zeros((2, count), np.int64), np.zeros((2, count), np.int64)
    path = np.zeros(deepest + 1, np.int64)
    fresh = 1
    for place in range(len(order)):
        stack = order[place]
        begin, depth = offsets[stack], offsets[stack + 1] - offsets[stack]
        shared = _shared(offsets, names, order[place - 1], stack) if place else 0
        for level in range(1, depth + 1):
            at = begin + level - 1
            if level > shared:
                path[level] = fresh
                levels[fresh], of_name[fresh], of_line[fresh] = level, names[at], lines[at]
                callers[fresh] = path[level - 1]
                fresh += 1
            elif of_line[path[level]] != lines[at]:
                of_line[path[level]] = -1
        node = path[depth]
        ends[node] += 1
        of_stack[node] = ids[stack] if ends[node] == 1 else -1
        for side in range(2):
            high[side, node] += weights[side, stack] >> _LOW_BITS
            low[side, node] += weights[side, stack] & _LOW
    value, own = _added_up(callers, high, low)
    for node in range(count):
        of_line[node] = of_line[node] if of_line[node] > 0 else -1
    return levels, of_name, of_line, of_stack, value, own
