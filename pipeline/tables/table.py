"""Columns to a table of exactly its declared schema."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
import pyarrow as pa

from pipeline.errors import SchemaError
from pipeline.schema import tables
from pipeline.values import Column


def declared(name: str, columns: Mapping[str, Column]) -> pa.Table:
    """The columns in declared order and type; raises SchemaError when the names are not the declared ones."""
    schema = tables()[name].schema
    if set(columns) != set(schema.names):
        differing = sorted(set(columns) ^ set(schema.names))
        raise SchemaError(f"{name}: columns {', '.join(differing)} are declared or given, not both")
    return in_declared_order(name, *(columns[field.name] for field in schema))


def in_declared_order(name: str, *columns: Column) -> pa.Table:
    """The columns, given in declared order, in their declared types."""
    schema = tables()[name].schema
    arrays = [as_type(column, field.type) for column, field in zip(columns, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)


@lru_cache(maxsize=256)
def words(*texts: str) -> pa.StringArray:
    """Texts of our own that are needed again and again: to make an array of Python's takes as long as thousands of rows.

    Not for texts from a file, which would be kept for good.
    """
    return pa.array(texts, pa.string())


def concatenated(tables_of_one_name: list[pa.Table]) -> pa.Table:
    """One table of several with the same schema, dictionaries made one."""
    return pa.concat_tables(tables_of_one_name).unify_dictionaries()


def as_type(column: Column, kind: pa.DataType) -> pa.Array:
    """The column in a type of the lake, in which hashes and addresses are the same 64 bits as signed numbers."""
    array = pa.array(np.ascontiguousarray(column)) if isinstance(column, np.ndarray) else column
    if array.type == kind:
        return array
    is_unsigned = pa.types.is_uint64(_innermost(array.type)) and pa.types.is_int64(_innermost(kind))
    return array.view(kind) if is_unsigned else array.cast(kind)


def _innermost(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_list(kind) else kind
