"""Where in a text something stands that a search is for, and on which line: at the speed of memory, nearly."""

from __future__ import annotations

import numpy as np

from pipeline.kernels import inlined, kernel
from pipeline.values import Bytes, Int64s

FRAGMENT_BYTES = 4
_LINE_FEED = 10
# So much of the text, and of the marks, stays in the nearest cache while one fragment after the other is looked for.
_BLOCK = 4096


@inlined
def _is_marked(data: Bytes, start: int, stop: int, fragments: Bytes, marks: Bytes, words: Int64s) -> bool:
    """Whether a fragment begins in a part of a text, into `marks` where; `words` are the same marks, eight at a time."""
    marks[:] = 0
    # Slices, and no branch: so each loop becomes one over vectors.
    a, b = data[start:stop], data[start + 1 : stop + 1]
    c, d = data[start + 2 : stop + 2], data[start + 3 : stop + 3]
    for row in range(len(fragments)):
        first, second, third = fragments[row, 0], fragments[row, 1], fragments[row, 2]
        fourth, mask = fragments[row, 3], fragments[row, 4]
        for i in range(len(a)):
            marks[i] |= np.uint8((a[i] == first) & (b[i] == second) & (c[i] == third) & ((d[i] & mask) == fourth))
    found = np.int64(0)
    for word in words:
        found |= word
    return found != 0


@kernel
def fragment_places(data: Bytes, fragments: Bytes) -> Int64s:
    """Where in a text one of the fragments begins, in order.

    fragments  uint8 (n, 5)  four bytes each, and the mask under which the last of them is compared
    """
    places, count = np.empty(_BLOCK, np.int64), 0
    marks = np.empty(_BLOCK, np.uint8)
    words = marks.view(np.int64)
    n = len(data) - 3
    for start in range(0, n, _BLOCK):
        if not _is_marked(data, start, min(start + _BLOCK, n), fragments, marks, words):
            continue
        if count + _BLOCK > len(places):
            more = np.empty(2 * (count + _BLOCK), np.int64)
            more[:count] = places[:count]
            places = more
        for row in range(len(words)):
            for i in range(8 * row, 8 * row + 8 if words[row] else 0):
                if marks[i]:
                    places[count] = start + i
                    count += 1
    return places[:count].copy()


@kernel
def holds_fragment(data: Bytes, fragments: Bytes) -> bool:
    """Whether one of the fragments, as `fragment_places` takes them, stands anywhere in a text."""
    marks = np.empty(_BLOCK, np.uint8)
    words = marks.view(np.int64)
    n = len(data) - 3
    for start in range(0, n, _BLOCK):
        if _is_marked(data, start, min(start + _BLOCK, n), fragments, marks, words):
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
