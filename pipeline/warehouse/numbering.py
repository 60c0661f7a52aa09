"""Hashes inside lists as the numbers that this database gives: what a join would take apart and sort together again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from duckdb.func import ARROW

from pipeline.schema import TableColumn, struct_fields
from pipeline.values import Int64s


def is_nested(column: TableColumn) -> bool:
    """Whether a column has numbers inside lists."""
    is_list = column.counts is not None and column.sql_type.endswith("[]")
    return is_list or any(counted for _, _, counted in struct_fields(column.sql_type))


@contextmanager
def numbered(connection: duckdb.DuckDBPyConnection, columns: Sequence[TableColumn]) -> Iterator[None]:
    """While the block runs, function `numbered_COLUMN` of DuckDB turns the lake's lists of such a column into DuckDB's.

    The tables of keys are there. A hash that they do not have becomes NULL.
    """
    names = [_create(connection, column) for column in columns]
    try:
        yield
    finally:
        for name in names:
            connection.remove_function(name)


def _create(connection: duckdb.DuckDBPyConnection, column: TableColumn) -> str:
    fields = struct_fields(column.sql_type)
    counted = column.counts or next(counted for _, _, counted in fields if counted)
    keys = connection.sql(f"SELECT hash, id FROM key_{counted} ORDER BY hash").to_arrow_table()
    number = partial(_numbers, known=keys["hash"].to_numpy(), ids=keys["id"].to_numpy())
    name, given = f"numbered_{column.name}", "BIGINT[]"
    if fields:
        parts = (
            f'"{name.removesuffix("_id")}_hash" BIGINT' if inner else f'"{name}" {kind}' for name, kind, inner in fields
        )
        given = f"STRUCT({', '.join(parts)})[]"
    connection.create_function(
        name,
        # DuckDB evaluates annotations, which those of Arrow's generic types do not take.
        lambda lists: _of_lists(lists, names=[name for name, _, _ in fields], number=number),
        [connection.type(given)],
        connection.type(column.sql_type),
        type=ARROW,
    )
    return name


def _of_lists(lists: pa.ChunkedArray[Any] | pa.Array[Any], *, names: Sequence[str], number: Any) -> pa.Array[Any]:
    rows = lists.combine_chunks() if isinstance(lists, pa.ChunkedArray) else lists
    values = rows.flatten()
    offsets = np.asarray(rows.offsets)
    if names:
        fields = values.flatten()
        made = [number(field) if name.endswith("_id") else field for name, field in zip(names, fields, strict=True)]
        values = pa.StructArray.from_arrays(made, names=list(names))
    else:
        values = number(values)
    return pa.ListArray.from_arrays(pa.array(offsets - offsets[0], pa.int32()), values)


def _numbers(hashes: pa.Array[Any], *, known: Int64s, ids: np.ndarray) -> pa.Array[Any]:
    """The number of each hash, NULL without one."""
    is_null = hashes.is_null().to_numpy(zero_copy_only=False)
    wanted = hashes.fill_null(0).to_numpy()
    if not len(known):
        return pa.nulls(len(wanted), pa.int32())
    at = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    return pa.array(ids[at], pa.int32(), mask=is_null | (known[at] != wanted))
