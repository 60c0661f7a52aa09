"""Protobuf messages as a table of their fields, many messages in one call: one level of nesting at a time.

For a format whose messages lie in tables this is all that has to be compiled: what the numbers of fields mean is said in
array operations on the table.
"""

from __future__ import annotations

import numpy as np

from pipeline.kernels import kernel
from pipeline.kernels.protowire import BYTES, FIXED32, FIXED64, OK, field, numbers
from pipeline.values import Bytes, Int64s

# Columns of a row: the message it is in, the field's number and wire type, the number (of BYTES how many), where its payload begins.
OWNER, NUMBER, WIRE_TYPE, VALUE, PLACE, COLUMNS = 0, 1, 2, 3, 4, 5


@kernel
def count_fields(data: Bytes, starts: Int64s, ends: Int64s) -> tuple[int, int, int, int, int]:
    """How many fields some messages have, each from its start to its end.

    Returns the count, and of the first fault its status, the message, the byte in `data`, and what was found there.
    """
    count = 0
    for message in range(len(starts)):
        position = starts[message]
        while position < ends[message]:
            _, _, value, after, status = field(data, position, ends[message])
            if status != OK:
                return count, status, message, after, value
            count += 1
            position = after
    return count, OK, 0, 0, 0


@kernel
def fill_fields(data: Bytes, starts: Int64s, ends: Int64s, rows: Int64s) -> None:
    """The fields as rows of `rows`, int64 (count, COLUMNS), in their order; the messages are those that were counted."""
    row = 0
    for message in range(len(starts)):
        position = starts[message]
        while position < ends[message]:
            number, wire_type, value, after, _ = field(data, position, ends[message])
            rows[row, OWNER], rows[row, NUMBER], rows[row, WIRE_TYPE] = message, number, wire_type
            rows[row, VALUE], rows[row, PLACE] = value, after - value if wire_type == BYTES else after
            if wire_type == FIXED64 or wire_type == FIXED32:
                width = 8 if wire_type == FIXED64 else 4
                fixed = np.uint64(0)
                for byte in range(width):
                    fixed |= np.uint64(data[after - width + byte]) << np.uint64(8 * byte)
                rows[row, VALUE] = np.int64(fixed)
            row += 1
            position = after


@kernel
def repeated(data: Bytes, rows: Int64s, out: Int64s, owners: Int64s) -> tuple[int, int, int, int]:
    """The numbers of a repeated field, packed or not: row by row to `out`, and the message of each to `owners`.

    rows  of that field, as `fill_fields` has them; out has room for as many as there are bytes in them, and one a row more
    Returns how many there are, and of the first fault its status, the row, and the byte in `data`.
    """
    count = 0
    for row in range(len(rows)):
        begin, end = rows[row, PLACE], rows[row, PLACE]
        if rows[row, WIRE_TYPE] == BYTES:
            end = begin + rows[row, VALUE]
        after, at, status = numbers(data, begin, end, out, count, rows[row, WIRE_TYPE], rows[row, VALUE])
        if status != OK:
            return count, status, row, at
        owners[count:after] = rows[row, OWNER]
        count = after
    return count, OK, 0, 0
