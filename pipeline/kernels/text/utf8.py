"""Tells text from bytes that are none."""

from __future__ import annotations

import numpy as np

from pipeline.kernels import kernel
from pipeline.values import Bools, Bytes, Int64s


@kernel
def are_utf8(data: Bytes, starts: Int64s, lengths: Int64s) -> Bools:
    """Whether each span of `data` is well-formed UTF-8 (RFC 3629); spans have been checked to lie inside it."""
    out = np.ones(len(starts), np.bool_)
    for index in range(len(starts)):
        at = starts[index]
        end = at + lengths[index]
        while at < end:
            width = 1 if data[at] < 0x80 else _width(data, at, end)
            if width == 0:
                out[index] = False
                break
            at += width
    return out


@kernel
def _width(data: Bytes, at: int, end: int) -> int:
    """Bytes of the character beyond ASCII at `at`, or 0 when there is none."""
    first = data[at]
    if first < 0xC2 or first > 0xF4:
        return 0
    width = 2 if first < 0xE0 else 3 if first < 0xF0 else 4
    if at + width > end:
        return 0
    for place in range(at + 1, at + width):
        if data[place] & 0xC0 != 0x80:
            return 0
    second = data[at + 1]
    # Not the shortest spelling, a surrogate, or beyond U+10FFFF.
    if (first == 0xE0 and second < 0xA0) or (first == 0xED and second > 0x9F):
        return 0
    if (first == 0xF0 and second < 0x90) or (first == 0xF4 and second > 0x8F):
        return 0
    return width
