"""Ids of a file to dense indices, in time that no choice of ids can spoil."""

from __future__ import annotations

import numpy as np

from pipeline.kernels import kernel
from pipeline.values import Int32s, Int64s, UInt64s

OK = 0
# An id is 0 or stands twice.
BAD_ID = 1
# Steps past taken slots that chance can explain: at half load it is one or two for each id.
_FAIR_STEPS = 8
_FAIR_START = 4096


@kernel
def index_ids(ids: Int64s) -> tuple[Int64s, Int64s, int, int]:
    """Prepare a look-up of `ids`, which may be sparse, in any order and up to 2^64 (as int64 bits).

    Returns a direct table (id -> index or -1) when ids are dense enough, else an empty one and the order
    that sorts them; then the offending id and BAD_ID when an id is 0 or stands twice, else 0 and OK.
    """
    n = len(ids)
    order = np.empty(0, np.int64)
    highest = np.uint64(0)
    for index in range(n):
        if ids[index] == 0:
            return np.empty(0, np.int64), order, 0, BAD_ID
        highest = max(highest, np.uint64(ids[index]))
    if highest <= np.uint64(4 * n + 64):
        table = np.full(np.int64(highest) + 1, -1, np.int64)
        for index in range(n):
            if table[ids[index]] >= 0:
                return table, order, ids[index], BAD_ID
            table[ids[index]] = index
        return table, order, 0, OK
    # numba's quicksort takes the median of three: ids can be chosen that make it quadratic.
    order = np.argsort(ids, kind="mergesort")
    for place in range(1, n):
        if ids[order[place]] == ids[order[place - 1]]:
            return np.empty(0, np.int64), order, ids[order[place]], BAD_ID
    return np.empty(0, np.int64), order, 0, OK


@kernel
def find_id(ids: Int64s, table: Int64s, order: Int64s, wanted: int) -> int:
    """The index of `wanted` in `ids`, or -1; `table` and `order` come from index_ids."""
    if len(table) > 0:
        return table[wanted] if 0 <= wanted < len(table) else -1
    low, high = 0, len(order)
    while low < high:
        middle = (low + high) // 2
        if ids[order[middle]] < wanted:
            low = middle + 1
        else:
            high = middle
    return order[low] if low < len(order) and ids[order[low]] == wanted else -1


@kernel
def replace_ids(refs: Int64s, ids: Int64s, table: Int64s, order: Int64s, base: int) -> int:
    """Turn each id in `refs` into its index in `ids` plus `base`, in place.

    Returns how many were replaced: len(refs), or the place of the first unknown one.
    """
    size = np.uint64(len(table))
    if size > 0:
        for at in range(len(refs)):
            # An id of 2^63 or more is negative here and a large unsigned number there.
            wanted = np.uint64(refs[at])
            if wanted >= size or table[wanted] < 0:
                return at
            refs[at] = table[wanted] + base
    else:
        for at in range(len(refs)):
            found = find_id(ids, table, order, refs[at])
            if found < 0:
                return at
            refs[at] = found + base
    return len(refs)


@kernel
def first_of_each(ids: UInt64s) -> tuple[Int64s, Int64s]:
    """Where each distinct id stands first, in order of appearance, and for every row which of those it is.

    Open addressing at half load; the multiplier keeps runs of near ids apart. Ids chosen to meet in one slot are
    sorted instead.
    """
    n = len(ids)
    bits = _bits_for(n)
    mask = (1 << bits) - 1
    slots = np.full(1 << bits, -1, np.int64)
    firsts = np.empty(n, np.int64)
    inverse = np.empty(n, np.int64)
    distinct, steps = 0, 0
    for row in range(n):
        slot = _slot(ids[row], bits)
        while slots[slot] >= 0 and ids[firsts[slots[slot]]] != ids[row]:
            slot = (slot + 1) & mask
            steps += 1
        if steps > _FAIR_STEPS * n + _FAIR_START:
            return _first_of_each_sorted(ids)
        if slots[slot] < 0:
            slots[slot] = distinct
            firsts[distinct] = row
            distinct += 1
        inverse[row] = slots[slot]
    return firsts[:distinct].copy(), inverse


@kernel
def counted_order(which: Int64s, ranked: Int64s) -> Int64s:
    """The places of rows in the order of what they are, equal ones as they stand; int64.

    which   int64 (n,)  which of the kinds each row is of, as from `first_of_each`
    ranked  int64 (k,)  the kinds in their order, each once
    """
    at = np.zeros(len(ranked), np.int64)
    for row in range(len(which)):
        at[which[row]] += 1
    begin = 0
    for one in ranked:
        begin, at[one] = begin + at[one], begin
    order = np.empty(len(which), np.int64)
    for row in range(len(which)):
        order[at[which[row]]] = row
        at[which[row]] += 1
    return order


@kernel
def _bits_for(n: int) -> int:
    bits = 4
    while (1 << bits) < 2 * n:
        bits += 1
    return bits


@kernel
def _slot(known: np.uint64, bits: int) -> int:
    return np.int64((known * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(64 - bits))


@kernel
def _first_of_each_sorted(ids: UInt64s) -> tuple[Int64s, Int64s]:
    n = len(ids)
    order = np.argsort(ids, kind="mergesort")
    earliest = np.empty(n, np.int64)
    begin = 0
    while begin < n:
        end, first = begin, order[begin]
        while end < n and ids[order[end]] == ids[order[begin]]:
            first = min(first, order[end])
            end += 1
        for place in range(begin, end):
            earliest[order[place]] = first
        begin = end
    firsts = np.empty(n, np.int64)
    inverse = np.empty(n, np.int64)
    distinct = 0
    for row in range(n):
        if earliest[row] == row:
            firsts[distinct], inverse[row] = row, distinct
            distinct += 1
        else:
            inverse[row] = inverse[earliest[row]]
    return firsts[:distinct].copy(), inverse


@kernel
def encode(numbers: Int32s | Int64s, room: int) -> tuple[Int64s, Int32s]:
    """The distinct ones of numbers from -1 to `room` - 1 as they come, and the place of each number among them."""
    place = np.full(room + 1, -1, np.int32)
    found = np.empty(min(room + 1, len(numbers)), np.int64)
    n = 0
    which = np.empty(len(numbers), np.int32)
    for at in range(len(numbers)):
        number = numbers[at] + 1
        if place[number] < 0:
            place[number] = n
            found[n] = numbers[at]
            n += 1
        which[at] = place[number]
    return found[:n], which
