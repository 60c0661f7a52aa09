"""Arrow's bitmaps of what is not NULL, a bit a value, the lowest first."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

from pipeline.kernels import kernel
from pipeline.values import Bytes, Int32s, Int64s, UInt64s

Numbers: TypeAlias = Int32s | Int64s


@kernel
def unlike(values: Int64s, null: int) -> tuple[Bytes, int]:
    """Bits of the values that are not `null`, and how many are."""
    bits = np.empty((len(values) + 7) // 8, np.uint8)
    known = 0
    for byte in range(len(values) // 8):
        # Eight at a time, which the compiler makes one comparison of.
        found = np.uint8(0)
        for bit in range(8):
            is_known = values[byte * 8 + bit] != null
            found |= np.uint8(is_known) << np.uint8(bit)
            known += is_known
        bits[byte] = found
    if len(values) % 8:
        bits[-1] = 0
    for place in range(len(values) & ~7, len(values)):
        is_known = values[place] != null
        bits[-1] |= np.uint8(is_known) << np.uint8(place & 7)
        known += is_known
    return bits, len(values) - known


@kernel
def looked_up(words: UInt64s, places: Numbers) -> tuple[UInt64s, Bytes, int]:
    """words[place] for each place, bits of the places that are not 0, and how many are.

    The caller has checked that the places are in range.
    """
    out = np.empty(len(places), np.uint64)
    bits = np.empty((len(places) + 7) // 8, np.uint8)
    known = 0
    for byte in range(len(bits)):
        found = np.uint8(0)
        for at in range(byte * 8, min(byte * 8 + 8, len(places))):
            place = np.uint64(places[at])
            out[at] = words[place]
            found |= np.uint8(place != 0) << np.uint8(at & 7)
            known += place != 0
        bits[byte] = found
    return out, bits, len(places) - known
