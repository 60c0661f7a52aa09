"""profile.proto straight into columns, many files in one call.

Two passes: `count` walks the top level of every file, so that arrays can be made large enough;
`decode` fills them. The rules are those of google/pprof profile/encode.go and CheckValid in profile.go:
what they refuse is refused here, at the same point, with a position.
"""

from __future__ import annotations

import numpy as np

from pipeline.kernels import kernel
from pipeline.kernels.pprof.columns import (
    COMMENT,
    COMMENT_BYTES,
    CONCATENATED,
    COUNTS,
    EMPTY,
    FIRST_STRING_NOT_EMPTY,
    FUNCTION,
    LAST_FIELD,
    LOCATION,
    LOCATION_BYTES,
    MAPPING,
    N_COMMENT,
    N_FUNCTION,
    N_LABEL,
    N_LINE,
    N_LOCATION,
    N_MAPPING,
    N_REF,
    N_SAMPLE,
    N_SAMPLE_TYPE,
    N_STRING,
    N_VALUE,
    PERIOD_TYPE,
    PERIOD_TYPE_TEXT,
    PERIOD_UNIT_TEXT,
    POSITION,
    PROFILE,
    SAMPLE,
    SAMPLE_BYTES,
    SAMPLE_TYPE,
    STATUS,
    STRING,
    TIME_NANOS,
    UNKNOWN_FIELDS,
    Columns,
    fail,
)
from pipeline.kernels.pprof.resolve import resolve
from pipeline.kernels.protowire import (
    BYTES,
    OK,
    TYPE_MISMATCH,
    VARINT,
    field,
    numbers,
    scalars,
)
from pipeline.values import Bytes, Int64s


@kernel
def count(data: Bytes, starts: Int64s, lengths: Int64s) -> Int64s:
    """How many messages of each kind the top level of each file has, and the bytes of those with parts.

    data    uint8        the files' bytes one after the other
    Returns int64 (files, COUNTS): column n is the number of fields n, for n up to 6; then byte totals.
    Stops at a fault without reporting it: `decode` will meet it again.
    """
    counts = np.zeros((len(starts), COUNTS), np.int64)
    for file in range(len(starts)):
        position = starts[file]
        end = position + lengths[file]
        while position < end:
            number, wire_type, value, after, status = field(data, position, end)
            if status != OK:
                break
            if number <= STRING:
                counts[file, number] += 1
            if number == SAMPLE:
                counts[file, SAMPLE_BYTES] += value if wire_type == BYTES else 0
            elif number == LOCATION:
                counts[file, LOCATION_BYTES] += value if wire_type == BYTES else 0
            elif number == COMMENT:
                counts[file, COMMENT_BYTES] += value if wire_type == BYTES else 1
            position = after
    return counts


@kernel
def decode(data: Bytes, starts: Int64s, lengths: Int64s, columns: Columns, ends: Int64s, faults: Int64s) -> None:
    """Fill `columns` from every file; a file with a fault leaves no rows and says why in its row of `faults`.

    ends    int64 (files + 1, SETS)   row 0 is zeros; filled here
    faults  int64 (files, FAULT)      zeros; filled here
    """
    for file in range(len(starts)):
        cursor = ends[file + 1]
        cursor[:] = ends[file]
        fault = faults[file]
        columns.header[file, :] = 0
        if lengths[file] == 0:
            fault[STATUS] = EMPTY
        else:
            _messages(
                data,
                starts[file],
                starts[file] + lengths[file],
                columns,
                ends[file],
                cursor,
                columns.header[file],
                fault,
            )
        if fault[STATUS] == OK:
            resolve(columns, ends[file], cursor, columns.header[file], fault)
        if fault[STATUS] != OK:
            fault[POSITION] -= starts[file]
            cursor[:] = ends[file]


@kernel
def _messages(
    data: Bytes, start: int, end: int, columns: Columns, first: Int64s, cursor: Int64s, header: Int64s, fault: Int64s
) -> None:
    position = start
    while position < end:
        number, wire_type, value, after, status = field(data, position, end)
        if status != OK:
            fail(fault, status, after, PROFILE, 0, value, end - after)
            return
        payload = after - value if wire_type == BYTES else position
        is_message = (number <= STRING and number >= SAMPLE_TYPE) or number == PERIOD_TYPE
        if is_message and wire_type != BYTES:
            fail(fault, TYPE_MISMATCH, position, PROFILE, number, wire_type, BYTES)
            return
        if number == SAMPLE:
            after = _samples(data, position, end, columns, first, cursor, header, fault)
        elif number == LOCATION:
            _location(data, payload, after, columns, first, cursor, header, fault)
        elif number == STRING:
            _string(payload, value, columns, first, cursor, fault)
        elif number == FUNCTION:
            _row(data, payload, after, columns.function, FUNCTION, first, cursor, N_FUNCTION, header, fault)
        elif number == MAPPING:
            _row(data, payload, after, columns.mapping, MAPPING, first, cursor, N_MAPPING, header, fault)
        elif number == SAMPLE_TYPE:
            _row(data, payload, after, columns.sample_type, SAMPLE_TYPE, first, cursor, N_SAMPLE_TYPE, header, fault)
        elif number == COMMENT:
            begin = payload if wire_type == BYTES else position
            cursor[N_COMMENT], at, status = numbers(
                data, begin, after, columns.comment, cursor[N_COMMENT], wire_type, value
            )
            if status != OK:
                fail(fault, status, at, COMMENT, cursor[N_COMMENT] - first[N_COMMENT], wire_type, VARINT)
        elif number == PERIOD_TYPE:
            texts = header[PERIOD_TYPE_TEXT : PERIOD_UNIT_TEXT + 1]
            at, status, found, unknown = scalars(data, payload, after, texts)
            header[UNKNOWN_FIELDS] += unknown
            if status != OK:
                fail(fault, status, at, PERIOD_TYPE, 0, found, after - at)
        elif 0 < number <= LAST_FIELD:
            if wire_type != VARINT:
                fail(fault, TYPE_MISMATCH, position, PROFILE, number, wire_type, VARINT)
            elif number == TIME_NANOS and header[TIME_NANOS - 1] != 0:
                fail(fault, CONCATENATED, position, PROFILE, 0, 0, 0)
            header[number - 1] = value
        else:
            header[UNKNOWN_FIELDS] += 1
        if fault[STATUS] != OK:
            return
        position = after


@kernel
def _row(
    data: Bytes, position: int, end: int, rows: Int64s, message: int, first: Int64s, cursor: Int64s, kind: int,
    header: Int64s, fault: Int64s,
) -> None:  # fmt: skip
    row = cursor[kind]
    at, status, found, unknown = scalars(data, position, end, rows[row])
    header[UNKNOWN_FIELDS] += unknown
    if status != OK:
        fail(fault, status, at, message, row - first[kind], found, end - at)
    cursor[kind] = row + 1


@kernel
def _string(position: int, length: int, columns: Columns, first: Int64s, cursor: Int64s, fault: Int64s) -> None:
    row = cursor[N_STRING]
    columns.string[row, 0] = position
    columns.string[row, 1] = length
    if row == first[N_STRING] and length != 0:
        fail(fault, FIRST_STRING_NOT_EMPTY, position, STRING, 0, length, 0)
    cursor[N_STRING] = row + 1


@kernel
def _samples(
    data: Bytes, position: int, end: int, columns: Columns, first: Int64s, cursor: Int64s, header: Int64s, fault: Int64s
) -> int:
    """All samples from `position`, where one is, to the next other field, whose position is returned.

    A run of them in one call: twelve arrays are handed over by value, which costs more than to read a sample.
    """
    rows, refs, values, labels = columns.sample, columns.location_ref, columns.value, columns.label
    row, ref, value, label = cursor[N_SAMPLE], cursor[N_REF], cursor[N_VALUE], cursor[N_LABEL]
    while position < end:
        number, wire_type, length, after, status = field(data, position, end)
        if status != OK or number != SAMPLE or wire_type != BYTES:
            break
        at = after - length
        rows[row, 3] = at
        while at < after:
            number, wire_type, found, behind, status = field(data, at, after)
            if status != OK:
                fail(fault, status, behind, SAMPLE, row - first[N_SAMPLE], found, after - behind)
                return position
            begin = behind - found if wire_type == BYTES else at
            if number == 1:
                ref, at, status = numbers(data, begin, behind, refs, ref, wire_type, found)
            elif number == 2:
                value, at, status = numbers(data, begin, behind, values, value, wire_type, found)
            elif number == 3 and wire_type == BYTES:
                at, status, wire_type, unknown = scalars(data, begin, behind, labels[label])
                header[UNKNOWN_FIELDS] += unknown
                label += 1
            elif number == 3:
                status = TYPE_MISMATCH
            else:
                header[UNKNOWN_FIELDS] += 1
            if status != OK:
                fail(fault, status, at, SAMPLE, row - first[N_SAMPLE], wire_type, behind - at)
                return position
            at = behind
        rows[row, 0], rows[row, 1], rows[row, 2] = ref, value, label
        row += 1
        position = after
    cursor[N_SAMPLE], cursor[N_REF], cursor[N_VALUE], cursor[N_LABEL] = row, ref, value, label
    return position


@kernel
def _location(
    data: Bytes, position: int, end: int, columns: Columns, first: Int64s, cursor: Int64s, header: Int64s, fault: Int64s
) -> None:
    row = cursor[N_LOCATION]
    columns.location[row, :] = 0
    while position < end:
        number, wire_type, value, after, status = field(data, position, end)
        if status != OK:
            fail(fault, status, after, LOCATION, row - first[N_LOCATION], value, end - after)
            return
        at, found = after, wire_type
        if number == 4:
            if wire_type != BYTES:
                at, status = position, TYPE_MISMATCH
            else:
                at, status, found, unknown = scalars(data, after - value, after, columns.line[cursor[N_LINE]])
                header[UNKNOWN_FIELDS] += unknown
                cursor[N_LINE] += 1
        elif 1 <= number <= 5:
            if wire_type != VARINT:
                at, status = position, TYPE_MISMATCH
            columns.location[row, number - 1] = value
        else:
            header[UNKNOWN_FIELDS] += 1
        if status != OK:
            fail(fault, status, at, LOCATION, row - first[N_LOCATION], found, after - at)
            return
        position = after
    columns.location[row, 5] = cursor[N_LINE]
    cursor[N_LOCATION] = row + 1
