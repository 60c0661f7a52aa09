"""Tables of values as Go's linker writes them: which value holds for each instruction of a function.

runtime/symtab.go, pcvalue and step: pairs of varints, by how much the value changes, in zigzag, beginning at -1, and for how
many instructions it stays. A change of nothing is the end, but at the very beginning.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from pipeline.values import Bytes, Int64s

_VARINT_BYTES: Final = 5
_NOTHING: Final = -1
_MOST_BYTES: Final = (1 << 32) - 1
_MOST_STEP_BYTES: Final = 1 << 10


@dataclass(frozen=True, slots=True)
class Values:
    """The values of many functions.

    end    where each ends to hold: the number of its function times 2^32, and bytes from the function's beginning; rising
    value  what holds up to there
    """

    end: Int64s
    value: Int64s

    def at(self, function: Int64s, offset: Int64s) -> Int64s:
        """The value of each function so many bytes from its beginning; -1 where none is told."""
        place = np.searchsorted(self.end, (function << 32) + offset, side="right")
        inside = np.minimum(place, max(len(self.end) - 1, 0))
        found = np.full(len(function), _NOTHING, np.int64)
        is_known = place < len(self.end)
        is_known[is_known] = self.end[place[is_known]] >> 32 == function[is_known]
        found[is_known] = self.value[inside[is_known]]
        return found


def decoded(data: Bytes, offsets: Int64s, *, step_bytes: Int64s) -> Values:
    """The values of functions whose tables lie behind each other.

    offsets     where each begins, and the last one ends (n + 1)
    step_bytes  in how many bytes each counts; what no processor has, is taken as the nearest that could be
    Any bytes are some table; one that is cut off ends where it does.
    """
    number, start = _varints(data, offsets)
    table = np.searchsorted(offsets, start, side="right") - 1
    first = np.searchsorted(start, offsets[:-1])
    place = np.arange(len(number)) - first[table]
    change = (place % 2 == 0)[:-1] & (table[1:] == table[:-1]) if len(number) else np.zeros(0, np.bool_)
    pair = np.flatnonzero(change)
    is_end = (number[pair] == 0) & (place[pair] > 0)
    # Whatever stands behind the end of a table does not count.
    before = np.cumsum(is_end) - is_end
    pair_first = np.searchsorted(table[pair], np.arange(len(offsets) - 1))
    kept = ~is_end & (before == before[np.minimum(pair_first, len(pair) - 1)][table[pair]]) if len(pair) else is_end
    pair = pair[kept]
    of = table[pair]
    value = _running(number[pair] >> 1 ^ -(number[pair] & 1), of) - 1
    # A function of 4 GB is none; before the multiplication too, which could overflow.
    steps = np.clip(step_bytes, 0, _MOST_STEP_BYTES)[of]
    length = np.minimum(np.minimum(_running(number[pair + 1], of), _MOST_BYTES) * steps, _MOST_BYTES)
    return Values((of << 32) + length, value)


def _varints(data: Bytes, offsets: Int64s) -> tuple[Int64s, Int64s]:
    """Every varint, at most 32 bits of it, and where it begins; one ends at the end of its table in any case."""
    is_last = data < 0x80
    is_last[offsets[1:][offsets[1:] > 0] - 1] = True
    last = np.flatnonzero(is_last)
    start = np.append(0, last[:-1] + 1) if len(last) else last
    number = np.zeros(len(start), np.int64)
    for byte in range(_VARINT_BYTES):
        has = np.flatnonzero(start + byte <= last)
        number[has] |= (data[start[has] + byte].astype(np.int64) & 0x7F) << (7 * byte)
    return number & 0xFFFF_FFFF, start


def _running(change: Int64s, of: Int64s) -> Int64s:
    """The sum of all up to each, from zero for every function."""
    total = np.cumsum(change)
    first = np.searchsorted(of, of)
    return total - total[first] + change[first]
