"""Arrow's bitmaps of what is not NULL, a bit a value, the lowest first."""

from __future__ import annotations

import numpy as np

from pipeline.kernels import kernel
from pipeline.values import Bytes, Int64s, UInt64s


@kernel
def unlike(values: Int64s, null: int) -> tuple[Bytes, int]:
    """Bits of the values that are not `null`, and how many are."""
    bits = np.zeros((len(values) + 7) // 8, np.uint8)
    nulls = 0
    for place in range(len(values)):
        is_null = values[place] == null
        bits[place >> 3] |= np.uint8(not is_null) << np.uint8(place & 7)
        nulls += is_null
    return bits, nulls


@kernel
def looked_up(words: UInt64s, places: Int64s) -> tuple[UInt64s, Bytes, int]:
    """words[place] for each place, bits of the places that are not 0, and how many are.

    The caller has checked that the places are in range.
    """
    out = np.empty(len(places), np.uint64)
    bits = np.zeros((len(places) + 7) // 8, np.uint8)
    nulls = 0
    for at in range(len(places)):
        place = places[at]
        out[at] = words[place]
        bits[at >> 3] |= np.uint8(place != 0) << np.uint8(at & 7)
        nulls += place == 0
    return out, bits, nulls
