"""Lines that are JSON objects, read in bulk; a broken one costs itself and nobody else."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Final, NoReturn

import numpy as np
import polars as pl
import pyarrow as pa
from pyarrow import json as pa_json

from pipeline.formats.escape.wire import Lines
from pipeline.values import Bools, Bytes, Int64s

_OPENING, _CLOSING = 123, 125
_BLOCK_BYTES: Final = 4 << 20
_INT64_LIMIT: Final = 1 << 63


def objects(lines: Lines, schema: pa.Schema) -> tuple[pl.DataFrame, Int64s]:
    """Every line that is one object of this shape, with its position as `row`; and the positions of the others.

    Fields that the schema does not name are ignored, absent ones are null. Blank lines are neither.
    """
    filled = lines.ends > lines.starts
    braced = filled & (lines.first_bytes == _OPENING) & (lines.data[np.maximum(lines.ends - 1, 0)] == _CLOSING)
    sound = braced
    table = _table(lines, braced, schema)
    if table is None:
        sound = braced & _fitting(lines, braced, schema)
        table = _table(lines, sound, schema)
    if table is None:
        sound, table = _halved(lines, sound, schema)
    frame = pl.DataFrame(table).with_columns(row=pl.Series(np.flatnonzero(sound)))
    return frame, np.flatnonzero(filled & ~sound)


def _table(lines: Lines, mask: Bools, schema: pa.Schema) -> pa.Table | None:
    """The marked lines as a table, or None when one of them is not one object of this shape."""
    if not mask.any():
        return schema.empty_table()
    sizes = np.append(lines.starts[1:], len(lines.data)) - lines.starts
    data = lines.data if mask.all() else lines.data[np.repeat(mask, sizes)]
    table = _read(data, longest=int(sizes[mask].max()), schema=schema)
    # A line begins with `{` and ends with `}`, so an object cannot reach into the next line, and two objects on one
    # line show in the number of rows.
    return table if table is not None and table.num_rows == np.count_nonzero(mask) else None


def _read(data: Bytes, *, longest: int, schema: pa.Schema) -> pa.Table | None:
    options = pa_json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore")
    blocks = pa_json.ReadOptions(use_threads=False, block_size=max(_BLOCK_BYTES, longest + 1))
    source = pa.BufferReader(data.data)
    try:
        return pa_json.read_json(source, read_options=blocks, parse_options=options)  # the stubs know only files
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None


def _fitting(lines: Lines, mask: Bools, schema: pa.Schema) -> Bools:
    """Look at each marked line by itself: slow, but only a file with a broken line comes here."""
    shape = pa.struct(list(schema))
    content = lines.data.tobytes()
    fits = np.zeros(len(mask), np.bool_)
    for row in np.flatnonzero(mask).tolist():
        fits[row] = _fits(content[lines.starts[row] : lines.ends[row]], shape)
    return fits


def _fits(line: bytes, shape: pa.DataType) -> bool:
    try:
        value = json.loads(line, object_pairs_hook=_unambiguous, parse_constant=_refused, parse_float=_finite)
        if b"\\u" in line:
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and _has_shape(value, shape)


def _unambiguous(pairs: list[tuple[str, object]]) -> dict[str, object]:
    values = dict(pairs)
    if len(values) < len(pairs):
        raise ValueError("a key that is there twice")
    return values


def _refused(word: str) -> NoReturn:
    raise ValueError(f"{word} is not JSON")


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError(f"{text} is too large")
    return value


def _has_shape(value: object, shape: pa.DataType) -> bool:
    if value is None:
        return True
    if pa.types.is_struct(shape):
        return isinstance(value, dict) and all(_has_shape(value.get(field.name), field.type) for field in shape)
    if pa.types.is_list(shape):
        return isinstance(value, list) and all(_has_shape(item, shape.value_type) for item in value)
    if pa.types.is_string(shape):
        return isinstance(value, str)
    return type(value) is int and -_INT64_LIMIT <= value < _INT64_LIMIT


def _halved(lines: Lines, mask: Bools, schema: pa.Schema) -> tuple[Bools, pa.Table]:
    """Halve ranges that do not parse until what Arrow alone objects to stands alone."""
    rows = np.flatnonzero(mask)
    sound = np.zeros(len(mask), np.bool_)
    tables = [schema.empty_table()]
    for first, last, table in _ranges(lines, rows, schema):
        sound[rows[first:last]] = True
        tables.append(table)
    return sound, pa.concat_tables(tables)


def _ranges(lines: Lines, rows: Int64s, schema: pa.Schema) -> Iterator[tuple[int, int, pa.Table]]:
    todo = [(0, len(rows))]
    while todo:
        first, last = todo.pop()
        if first == last:
            continue
        part = lines.between(rows[first], rows[last - 1] + 1)
        mask = np.zeros(len(part.starts), np.bool_)
        mask[rows[first:last] - rows[first]] = True
        table = _table(part, mask, schema)
        if table is not None:
            yield first, last, table
        elif last - first > 1:
            middle = (first + last) // 2
            todo += [(middle, last), (first, middle)]
