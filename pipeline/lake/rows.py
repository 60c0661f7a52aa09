"""What is done to rows on their way into a file: checked, folded, sorted, split, taken out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import LakeError, SchemaError
from pipeline.hashes import hexadecimal
from pipeline.lake.layout import source_column
from pipeline.schema import Table
from pipeline.values import Int64s

Partition: TypeAlias = "tuple[tuple[str, object], ...]"
Encoded: TypeAlias = "pa.DictionaryArray[Any, Any]"


def checked(rows: pa.Table, *, table: str, declared: pa.Schema) -> pa.Table:
    """The rows under exactly the declared schema, docs and all; raises SchemaError where they do not fit it."""
    if rows.column_names != declared.names:
        raise SchemaError(_names_differ(rows.column_names, declared.names, table=table))
    for field, column in zip(declared, rows.columns, strict=True):
        if column.type != field.type:
            raise SchemaError(
                f"table {table}, column {field.name}: found {column.type}, expected {field.type}; "
                f"change what builds it, or its declaration in schemas/"
            )
        if column.null_count and not field.nullable:
            raise SchemaError(
                f"table {table}, column {field.name}: found {column.null_count} NULLs in {len(column)} rows, "
                "expected none (NOT NULL); change what builds it, or its declaration in schemas/"
            )
    return pa.Table.from_arrays(rows.columns, schema=declared)


def fold(parts: Sequence[pa.Table], *, key: str) -> pa.Table:
    """Symbol rows of all parts, each key once, where it came first; raises LakeError when equal keys differ in content.

    Two contents under one 64-bit hash are not to be expected in any lake a disk can hold, but silence about it
    would give one stack's bytes to another.
    """
    # Imported here: a start that writes nothing need not wait for the compiler.
    from pipeline.kernels.ids import first_of_each

    rows = pa.concat_tables(parts).combine_chunks()
    ids = rows[key].to_numpy().view(np.uint64)
    first, place = first_of_each(ids)
    if len(first) == len(ids):
        return rows
    repeated = np.ones(len(ids), np.bool_)
    repeated[first] = False
    again = np.flatnonzero(repeated)
    _same_content(rows, repeated=again, kept=first[place[again]], key=key)
    return rows.take(first)


def in_order(rows: pa.Table, *, by: Sequence[str]) -> pa.Table:
    """The rows sorted by some columns; as they are when they are sorted already or nothing is asked for."""
    if not by:
        return rows
    order = _order(rows, by=by)
    if bool(np.all(order[1:] > order[:-1])):
        return rows
    places = pa.array(order)
    # To put nothing in order takes as long as numbers do.
    taken = [column if column.null_count == len(column) else column.take(places) for column in rows.columns]
    return pa.Table.from_arrays(taken, schema=rows.schema)


def _order(rows: pa.Table, *, by: Sequence[str]) -> Int64s:
    """The places of the rows as they are to stand, equal ones in the order that they have."""
    first = rows[by[0]]
    if len(by) == 1 and pa.types.is_int64(first.type) and not first.null_count:
        return _counted(first.to_numpy())
    keys = pa.table({name: _sortable(rows[name]) for name in by})
    return pc.sort_indices(keys, sort_keys=[(name, "ascending") for name in by]).to_numpy()


def _counted(ids: Int64s) -> Int64s:
    """The order of ids, of which the distinct ones alone are sorted: a tenth of the time when they repeat often."""
    from pipeline.kernels.ids import counted_order, first_of_each

    # Those of one chunk are Arrow's own, and a kernel would be compiled once more for those of several.
    ids.setflags(write=False)
    first, which = first_of_each(ids.view(np.uint64))
    return counted_order(which, np.argsort(ids[first]))


def _sortable(column: pa.ChunkedArray[Any]) -> pa.ChunkedArray[Any]:
    """What sorts as the column does: of a dictionary, which Arrow cannot sort by, the place of each value in order."""
    if not pa.types.is_dictionary(column.type):
        return column
    chunks = column.unify_dictionaries().chunks
    places = pc.rank(chunks[0].dictionary) if chunks else pa.array([], pa.uint64())
    return pa.chunked_array([places.take(chunk.indices) for chunk in chunks], pa.uint64())


def split(rows: pa.Table, *, by: Sequence[str]) -> Iterator[tuple[Partition, pa.Table]]:
    """The rows of each partition in their order, without the partition columns."""
    if not rows.num_rows:
        return
    kept = rows.drop_columns(list(by))
    varying = [name for name in by if not _is_constant(rows[name])]
    if not varying:
        yield _partition(rows, by=by, row=0), kept
        return
    codes = np.zeros(rows.num_rows, np.int64)
    for name in varying:
        column = rows[name].combine_chunks().dictionary_encode()
        codes = codes * (len(column.dictionary) + 1) + _codes(column)
    order = np.argsort(codes, kind="stable")
    starts = np.flatnonzero(np.diff(codes[order], prepend=-1))
    for start, end in zip(starts, [*starts[1:], len(order)], strict=True):
        yield _partition(rows, by=by, row=int(order[start])), kept.take(order[start:end])


def source_hashes(rows: pa.Table, *, table: Table) -> Int64s:
    """The distinct sources the rows are from; none for symbol tables."""
    column = source_column(table)
    if column is None or not rows.num_rows:
        return np.empty(0, np.int64)
    # Most often it is one source.
    ends = pc.min_max(rows[column])
    if ends["min"] == ends["max"]:
        return np.array([ends["min"].as_py()], np.int64)
    ids = rows[column].to_numpy()
    # Or one run of rows after the other: compare before sorting.
    return np.unique(ids[np.flatnonzero(np.diff(ids, prepend=~ids[:1]))])


def _names_differ(found: Sequence[str], expected: Sequence[str], *, table: str) -> str:
    absent = [name for name in expected if name not in found]
    extra = [name for name in found if name not in expected]
    detail = "in another order" if not absent and not extra else f"lacks {absent}, has besides {extra}"
    return (
        f"table {table}: found columns {list(found)}, expected {list(expected)} ({detail}); "
        "change what builds it, or its declaration in schemas/"
    )


def _same_content(rows: pa.Table, *, repeated: Int64s, kept: Int64s, key: str) -> None:
    if rows.take(repeated).equals(rows.take(kept)):
        return
    for one, other in zip(repeated.tolist(), kept.tolist(), strict=True):
        if not rows.slice(one, 1).equals(rows.slice(other, 1)):
            contents = f"{rows.slice(other, 1).to_pylist()[0]} and {rows.slice(one, 1).to_pylist()[0]}"
            raise LakeError(
                f"{key} {hexadecimal(rows[key][one].as_py())} stands for two contents: {contents}. Their hashes clash, so "
                "nothing of this batch went in; find the input that has one of them and ingest it into its own lake"
            )


def _codes(column: Encoded) -> Int64s:
    """The dictionary places with NULL as one more."""
    indices = column.indices.fill_null(len(column.dictionary)) if column.null_count else column.indices
    return np.asarray(indices.to_numpy(), np.int64)


def _is_constant(column: pa.ChunkedArray[Any]) -> bool:
    return column.null_count == 0 and pc.all(pc.equal(column, column[0])).as_py() is True


def _partition(rows: pa.Table, *, by: Sequence[str], row: int) -> Partition:
    return tuple((name, rows[name][row].as_py()) for name in by)
