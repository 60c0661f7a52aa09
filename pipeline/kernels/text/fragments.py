"""Where in a text something stands that a search is for, and on which line: at the speed of memory, nearly."""

from __future__ import annotations

import numpy as np

from pipeline.kernels import kernel
from pipeline.values import Bytes, Int64s

FRAGMENT_BYTES = 4
_LINE_FEED = 10
# So much of the text, and of the marks, stays in the nearest cache while one fragment after the other is looked for.
_BLOCK = 4096


@kernel
def fragment_places(data: Bytes, fragments: Bytes) -> Int64s:
    """Where in a text one of the fragments begins, in order.

    fragments  uint8 (n, 5)  four bytes each, and the mask under which the last of them is compared
    """
    places, count = np.empty(_BLOCK, np.int64), 0
    marks = np.empty(_BLOCK, np.bool_)
    n = len(data) - 3
    for start in range(0, n, _BLOCK):
        stop = min(start + _BLOCK, n)
        # Slices, and no branch: so the loop becomes one over vectors.
        a, b = data[start:stop], data[start + 1 : stop + 1]
        c, d = data[start + 2 : stop + 2], data[start + 3 : stop + 3]
        out = marks[: stop - start]
        out[:] = False
        for row in range(len(fragments)):
            first, second, third = fragments[row, 0], fragments[row, 1], fragments[row, 2]
            fourth, mask = fragments[row, 3], fragments[row, 4]
            for i in range(len(out)):
                out[i] |= (a[i] == first) & (b[i] == second) & (c[i] == third) & ((d[i] & mask) == fourth)
        found = 0
        for i in range(len(out)):
            found += out[i]
        if count + found > len(places):
            more = np.empty(2 * (count + found), np.int64)
            more[:count] = places[:count]
            places = more
        for i in range(len(out) if found else 0):
            if out[i]:
                places[count] = start + i
                count += 1
    return places[:count].copy()


@kernel
def holds_pair(data: Bytes, pairs: Bytes) -> bool:
    """Whether one of the pairs of bytes, uint8 (n, 2), stands anywhere in a text."""
    n = len(data) - 1
    for start in range(0, n, _BLOCK):
        stop = min(start + _BLOCK, n)
        a, b = data[start:stop], data[start + 1 : stop + 1]
        found = np.uint8(0)
        for row in range(len(pairs)):
            first, second = pairs[row, 0], pairs[row, 1]
            for i in range(len(a)):
                found |= np.uint8((a[i] == first) & (b[i] == second))
        if found:
            return True
    return False


@kernel
def lines_above(data: Bytes, places: Int64s, lines: Int64s) -> int:
    """How many line feeds stand before each of the places, which rise, into `lines`; returns how many there are in all."""
    count, at = 0, 0
    for row in range(len(places)):
        place = min(max(places[row], at), len(data))
        part = data[at:place]
        for i in range(len(part)):
            count += part[i] == _LINE_FEED
        lines[row] = count
        at = place
    part = data[at:]
    for i in range(len(part)):
        count += part[i] == _LINE_FEED
    return count
