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
    return pa.Table.from_arrays([_array(columns[field.name], field) for field in schema], schema=schema)


@lru_cache(maxsize=256)
def words(*texts: str) -> pa.StringArray:
    """Texts of our own that are needed again and again: to make an array of Python's takes as long as thousands of rows.

    Not for texts from a file, which would be kept for good.
    """
    return pa.array(texts, pa.string())


def concatenated(tables_of_one_name: list[pa.Table]) -> pa.Table:
    """One table of several with the same schema, dictionaries made one."""
    return pa.concat_tables(tables_of_one_name).unify_dictionaries()


def _array(column: Column, field: pa.Field) -> pa.Array:
    array = pa.array(np.ascontiguousarray(column)) if isinstance(column, np.ndarray) else column
    return array if array.type == field.type else array.cast(field.type)
