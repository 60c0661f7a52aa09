"""The protobuf wire format: fields of a message, one after the other.

Follows decodeField and decodeMessage in google/pprof profile/proto.go, which is laxer than protobuf
itself in one point (field number 0 is skipped) and as strict in all others.
"""

from __future__ import annotations

import numpy as np

from pipeline.kernels import inlined
from pipeline.kernels.uvarint import CUT_OFF, OK, TOO_LONG, uvarint
from pipeline.values import Bytes, Int64s

VARINT = 0
FIXED64 = 1
BYTES = 2
FIXED32 = 5

# A field of eight or four bytes, and fewer are left.
SHORT_FIXED = 3
# A length that reaches past the end of its message.
LENGTH_PAST_END = 4
# Wire type 3, 4, 6 or 7; `found` is the type.
BAD_WIRE_TYPE = 5
# The field's type is not the one profile.proto gives it; `found` is the type.
TYPE_MISMATCH = 6

__all__ = ["BAD_WIRE_TYPE", "BYTES", "CUT_OFF", "LENGTH_PAST_END", "OK", "SHORT_FIXED", "TOO_LONG"]


@inlined
def field(data: Bytes, position: int, end: int) -> tuple[int, int, int, int, int]:
    """The field at `position`.

    Returns field number, wire type, value, the position behind it, and a status. The value is the number
    of a VARINT (as int64), the length of BYTES, whose payload then ends at the returned position, and 0 for
    fixed ones. On failure the position is where the fault is and the value what was found there.
    """
    tag, at, status = uvarint(data, position, end)
    if status != OK:
        return 0, 0, 0, at, status
    number = np.int64(tag >> np.uint64(3))
    wire_type = np.int64(tag & np.uint64(7))
    if wire_type == VARINT:
        value, after, status = uvarint(data, at, end)
        return number, wire_type, np.int64(value), after, status
    if wire_type == BYTES:
        length, after, status = uvarint(data, at, end)
        if status != OK:
            return number, wire_type, 0, after, status
        if length > np.uint64(end - after):
            return number, wire_type, np.int64(length), after, LENGTH_PAST_END
        return number, wire_type, np.int64(length), after + np.int64(length), OK
    if wire_type == FIXED64 or wire_type == FIXED32:
        width = 8 if wire_type == FIXED64 else 4
        if end - at < width:
            return number, wire_type, end - at, at, SHORT_FIXED
        return number, wire_type, 0, at + width, OK
    return number, wire_type, wire_type, position, BAD_WIRE_TYPE


@inlined
def scalars(data: Bytes, position: int, end: int, row: Int64s) -> tuple[int, int, int, int]:
    """A message of nothing but numbers: field n goes to row[n - 1], the last one wins, absent is 0.

    Returns the position reached, a status, what was found on failure (a wire type for TYPE_MISMATCH, else as
    from `field`), and how many unknown fields were skipped.
    """
    unknown = 0
    row[:] = 0
    while position < end:
        number, wire_type, value, after, status = field(data, position, end)
        if status != OK:
            return after, status, value, unknown
        if 1 <= number <= len(row):
            if wire_type != VARINT:
                return position, TYPE_MISMATCH, wire_type, unknown
            row[number - 1] = value
        else:
            unknown += 1
        position = after
    return position, OK, 0, unknown


@inlined
def numbers(
    data: Bytes, position: int, end: int, out: Int64s, count: int, wire_type: int, value: int
) -> tuple[int, int, int]:
    """A repeated number, packed (BYTES: the payload ends at `end`) or single (VARINT: `value`).

    Appends to `out` from `count`; the caller has made it large enough, one number being one byte at least.
    Returns the new count, the position reached and a status.
    """
    if wire_type == VARINT:
        out[count] = value
        return count + 1, end, OK
    if wire_type != BYTES:
        return count, position, TYPE_MISMATCH
    while position < end:
        # Most ids and values take one or two bytes. Unsigned: numba need not ask whether an index counts from the end.
        byte = np.int64(data[np.uint64(position)])
        if byte < 0x80:
            position += 1
        elif position + 1 < end and data[np.uint64(position + 1)] < 0x80:
            byte += (np.int64(data[np.uint64(position + 1)]) - 1) << 7
            position += 2
        else:
            number, position, status = uvarint(data, position, end)
            if status != OK:
                return count, position, status
            byte = np.int64(number)
        out[np.uint64(count)] = byte
        count += 1
    return count, position, OK
