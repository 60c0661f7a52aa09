"""Lines of text as spans of bytes: without the blanks around them, cut at a byte, and with the addresses in them.

The callers have checked that spans lie inside the data.
"""

from __future__ import annotations

import numpy as np

from pipeline.kernels import inlined, kernel
from pipeline.values import Bools, Bytes, Int64s, UInt64s

_SHORTEST = 3  # of an address: 0x1
_DIGITS = 16


@kernel
def trim_spans(data: Bytes, starts: Int64s, ends: Int64s) -> None:
    """Move the bounds of each span past the blanks at its edges; nothing but blanks becomes an empty span at its end."""
    for row in range(len(starts)):
        start, end = starts[row], ends[row]
        while start < end and _is_blank(data[start]):
            start += 1
        while start < end and _is_blank(data[end - 1]):
            end -= 1
        starts[row], ends[row] = start, end


@kernel
def first_places(data: Bytes, starts: Int64s, ends: Int64s, byte: int) -> Int64s:
    """Where a byte stands first in each span; the span's end where it stands nowhere in it."""
    places = np.empty(len(starts), np.int64)
    for row in range(len(starts)):
        at = starts[row]
        while at < ends[row] and data[at] != byte:
            at += 1
        places[row] = at
    return places


@kernel
def read_addresses(data: Bytes, starts: Int64s, ends: Int64s) -> tuple[Int64s, UInt64s, Bools]:
    """How many addresses each span begins with, all of them, and which spans have one of more than 64 bits.

    An address is `0x` and hexadecimal digits; between them are blanks, or what pprof passes over as well: x and digits.
    Whatever else follows ends them.
    """
    room = 0
    for row in range(len(starts)):
        room += max(ends[row] - starts[row], 0) // _SHORTEST
    sizes, addresses = np.zeros(len(starts), np.int64), np.empty(room, np.uint64)
    is_large = np.zeros(len(starts), np.bool_)
    count = 0
    for row in range(len(starts)):
        at, end = starts[row], ends[row]
        while at < end:
            if data[at] == ord("0") and at + 2 < end and data[at + 1] == ord("x") and _digit(data[at + 2]) >= 0:
                at += 2
                address, digits = np.uint64(0), 0
                while at < end and _digit(data[at]) >= 0:
                    if digits or _digit(data[at]):
                        digits += 1
                    address = (address << np.uint64(4)) | np.uint64(_digit(data[at]))
                    at += 1
                is_large[row] |= digits > _DIGITS
                addresses[count] = address
                count += 1
                sizes[row] += 1
            elif data[at] == ord(" ") or data[at] == ord("x") or _digit(data[at]) >= 0:
                at += 1
            else:
                break
    return sizes, addresses[:count], is_large


@inlined
def _is_blank(byte: int) -> bool:
    return byte == 32 or 9 <= byte <= 13


@inlined
def _digit(byte: int) -> int:
    """The value of a hexadecimal digit; -1 for what is none."""
    if 48 <= byte <= 57:
        return byte - 48
    return byte - 87 if 97 <= byte <= 102 else -1
