"""The second half of reading a profile: what CheckValid checks, and ids and string numbers to rows.

Strings come last in what Go writes, so nothing can be looked up before a file has been walked to its end.
"""

from __future__ import annotations

from pipeline.kernels import kernel
from pipeline.kernels.ids import (
    find_id,
    index_ids,
    replace_ids,
)
from pipeline.kernels.pprof.columns import (
    COMMENT,
    DUPLICATE_ID,
    FUNCTION,
    LABEL,
    LOCATION,
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
    NO_SAMPLE_TYPES,
    PERIOD_TYPE,
    PERIOD_TYPE_TEXT,
    PERIOD_UNIT_TEXT,
    PROFILE,
    SAMPLE,
    SAMPLE_TYPE,
    STATUS,
    STRING_OUT_OF_RANGE,
    TEXT_BYTES,
    TEXT_ROOM,
    TOO_MUCH_TEXT,
    UNKNOWN_FUNCTION,
    UNKNOWN_LOCATION,
    UNKNOWN_MAPPINGS,
    VALUE_COUNT,
    ZERO_ID,
    Columns,
    fail,
)
from pipeline.kernels.protowire import (
    OK,
)
from pipeline.values import Int64s


@kernel
def resolve(columns: Columns, first: Int64s, cursor: Int64s, header: Int64s, fault: Int64s) -> None:
    """Check what CheckValid checks and turn ids and string numbers into rows of `columns`."""
    _resolve_texts(columns, first, cursor, header, fault)
    if fault[STATUS] == OK:
        _weigh_texts(columns, first, cursor, header, fault)
    if fault[STATUS] != OK:
        return
    n_types = cursor[N_SAMPLE_TYPE] - first[N_SAMPLE_TYPE]
    if n_types == 0 and cursor[N_SAMPLE] > first[N_SAMPLE]:
        fail(fault, NO_SAMPLE_TYPES, columns.sample[first[N_SAMPLE], 3], SAMPLE, 0, 0, 0)
        return
    value_start = first[N_VALUE]
    for row in range(first[N_SAMPLE], cursor[N_SAMPLE]):
        found = columns.sample[row, 1] - value_start
        if found != n_types:
            fail(fault, VALUE_COUNT, columns.sample[row, 3], SAMPLE, row - first[N_SAMPLE], found, n_types)
            return
        value_start = columns.sample[row, 1]
    _resolve_lines(columns, first, cursor, header, fault)
    if fault[STATUS] == OK:
        _resolve_stacks(columns, first, cursor, fault)


@kernel
def _resolve_lines(columns: Columns, first: Int64s, cursor: Int64s, header: Int64s, fault: Int64s) -> None:
    mappings = columns.mapping[first[N_MAPPING] : cursor[N_MAPPING], 0]
    functions = columns.function[first[N_FUNCTION] : cursor[N_FUNCTION], 0]
    mapping_table, mapping_order, bad, status = index_ids(mappings)
    if status != OK:
        fail(fault, DUPLICATE_ID if bad != 0 else ZERO_ID, 0, MAPPING, 0, bad, 0)
        return
    function_table, function_order, bad, status = index_ids(functions)
    if status != OK:
        fail(fault, DUPLICATE_ID if bad != 0 else ZERO_ID, 0, FUNCTION, 0, bad, 0)
        return
    line_start = first[N_LINE]
    for row in range(first[N_LOCATION], cursor[N_LOCATION]):
        wanted = columns.location[row, 1]
        found = find_id(mappings, mapping_table, mapping_order, wanted) if wanted != 0 else -1
        if wanted != 0 and found < 0:
            header[UNKNOWN_MAPPINGS] += 1
        columns.location[row, 1] = found + first[N_MAPPING] if found >= 0 else -1
        for line in range(line_start, columns.location[row, 5]):
            wanted = columns.line[line, 0]
            found = find_id(functions, function_table, function_order, wanted) if wanted != 0 else -1
            if found < 0:
                fail(fault, UNKNOWN_FUNCTION, 0, LOCATION, row - first[N_LOCATION], wanted, columns.location[row, 0])
                return
            columns.line[line, 0] = found + first[N_FUNCTION]
        line_start = columns.location[row, 5]


@kernel
def _resolve_stacks(columns: Columns, first: Int64s, cursor: Int64s, fault: Int64s) -> None:
    locations = columns.location[first[N_LOCATION] : cursor[N_LOCATION], 0]
    table, order, bad, status = index_ids(locations)
    if status != OK:
        fail(fault, DUPLICATE_ID if bad != 0 else ZERO_ID, 0, LOCATION, 0, bad, 0)
        return
    refs = columns.location_ref[first[N_REF] : cursor[N_REF]]
    stray = replace_ids(refs, locations, table, order, first[N_LOCATION])
    if stray < len(refs):
        row = first[N_SAMPLE]
        while columns.sample[row, 0] <= first[N_REF] + stray:
            row += 1
        fail(
            fault, UNKNOWN_LOCATION, columns.sample[row, 3], SAMPLE, row - first[N_SAMPLE], refs[stray], len(locations)
        )  # fmt: skip


@kernel
def _resolve_texts(columns: Columns, first: Int64s, cursor: Int64s, header: Int64s, fault: Int64s) -> None:
    base = first[N_STRING]
    size = cursor[N_STRING] - base
    _texts(columns.mapping, first, cursor, N_MAPPING, MAPPING, 4, 6, base, size, fault)
    _texts(columns.function, first, cursor, N_FUNCTION, FUNCTION, 1, 4, base, size, fault)
    _texts(columns.sample_type, first, cursor, N_SAMPLE_TYPE, SAMPLE_TYPE, 0, 2, base, size, fault)
    _label_texts(columns.label, first[N_LABEL], cursor[N_LABEL], base, size, fault)
    for row in range(first[N_COMMENT], cursor[N_COMMENT]):
        if columns.comment[row] < 0 or columns.comment[row] >= size:
            fail(fault, STRING_OUT_OF_RANGE, 0, COMMENT, row - first[N_COMMENT], columns.comment[row], size)
            return
        columns.comment[row] += base
    # drop_frames, keep_frames, default_sample_type, doc_url, period_type's two
    for column in (6, 7, 13, 14, PERIOD_TYPE_TEXT, PERIOD_UNIT_TEXT):
        if header[column] < 0 or header[column] >= size:
            number = PERIOD_TYPE if column >= PERIOD_TYPE_TEXT else column + 1
            fail(fault, STRING_OUT_OF_RANGE, 0, PROFILE, number, header[column], size)
            return
        header[column] += base


@kernel
def _weigh_texts(columns: Columns, first: Int64s, cursor: Int64s, header: Int64s, fault: Int64s) -> None:
    length = columns.string[:, 1]
    total, table = 0, 0
    for row in range(first[N_STRING], cursor[N_STRING]):
        table += length[row]
    for row in range(first[N_FUNCTION], cursor[N_FUNCTION]):
        for at in (1, 2, 3):
            total += length[columns.function[row, at]]
    for row in range(first[N_MAPPING], cursor[N_MAPPING]):
        total += length[columns.mapping[row, 4]] + length[columns.mapping[row, 5]]
    for row in range(first[N_LABEL], cursor[N_LABEL]):
        for at in (0, 1, 3):
            total += length[columns.label[row, at]] if columns.label[row, at] >= 0 else 0
    for row in range(first[N_COMMENT], cursor[N_COMMENT]):
        total += length[columns.comment[row]]
    for row in range(first[N_SAMPLE_TYPE], cursor[N_SAMPLE_TYPE]):
        total += length[columns.sample_type[row, 0]] + length[columns.sample_type[row, 1]]
    header[TEXT_BYTES] = total
    if total > max(TEXT_ROOM, table):
        fail(fault, TOO_MUCH_TEXT, 0, PROFILE, 0, total, max(TEXT_ROOM, table))


@kernel
def _texts(
    rows: Int64s, first: Int64s, cursor: Int64s, kind: int, message: int, column: int, stop: int, base: int, size: int,
    fault: Int64s,
) -> None:  # fmt: skip
    if fault[STATUS] != OK:
        return
    for row in range(first[kind], cursor[kind]):
        for at in range(column, stop):
            if rows[row, at] < 0 or rows[row, at] >= size:
                fail(fault, STRING_OUT_OF_RANGE, 0, message, row - first[kind], rows[row, at], size)
                return
            rows[row, at] += base


@kernel
def _label_texts(rows: Int64s, first: int, end: int, base: int, size: int, fault: Int64s) -> None:
    """A text or unit of 0 means that the label has none: it becomes -1."""
    if fault[STATUS] != OK:
        return
    for row in range(first, end):
        if rows[row, 1] != 0 and (rows[row, 3] < 0 or rows[row, 3] >= size):
            # Only a number has a unit: postDecode does not look at that of a text, whatever it is.
            rows[row, 3] = 0
        for at in (0, 1, 3):
            text = rows[row, at]
            if text < 0 or text >= size:
                fail(fault, STRING_OUT_OF_RANGE, 0, LABEL, row - first, text, size)
                return
            rows[row, at] = text + base if text != 0 or at == 0 else -1
