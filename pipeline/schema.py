"""Tables as declared in `schemas/*.sql`: Arrow schemas, keys, references, layout."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import pyarrow as pa

from pipeline.errors import SchemaError
from pipeline.resources import schemas
from pipeline.sqldoc import Declaration, declarations

_REFERENCES = re.compile(r"REFERENCES (\w+)\((\w+)\)")
_SCALARS = {
    "UBIGINT": pa.uint64(),
    "BIGINT": pa.int64(),
    "INTEGER": pa.int32(),
    "DOUBLE": pa.float64(),
    "BOOLEAN": pa.bool_(),
    "VARCHAR": pa.string(),
    "DATE": pa.date32(),
    "TIMESTAMP": pa.timestamp("us"),
}


@dataclass(frozen=True, slots=True)
class Reference:
    """A declared foreign key; the value in `column` stands in `to_table.to_column`."""

    column: str
    to_table: str
    to_column: str


@dataclass(frozen=True, slots=True)
class TableColumn:
    """One column: its SQL type as declared, its Arrow type, whether it may be NULL."""

    name: str
    sql_type: str
    arrow_type: pa.DataType
    nullable: bool
    doc: str


@dataclass(frozen=True, slots=True)
class Table:
    """One declared table.

    schema      in Arrow; each field has its doc as metadata, so that Parquet files carry it
    partition   columns that become `name=value` folders of the lake
    sort        columns the rows of a file are sorted by
    dictionary  columns with few distinct values, kept as dictionaries in memory
    in_lake     whether files of it are in the lake; the warehouse makes the others itself
    """

    name: str
    summary: str
    columns: tuple[TableColumn, ...]
    schema: pa.Schema
    key: tuple[str, ...]
    references: tuple[Reference, ...]
    partition: tuple[str, ...]
    sort: tuple[str, ...]
    dictionary: frozenset[str]
    in_lake: bool
    declaration: Declaration


@cache
def tables() -> Mapping[str, Table]:
    """Every declared table by name."""
    found = [
        _table(declaration)
        for path in schemas()
        for declaration in declarations(path.read_text(encoding="utf-8"), where=path.name)
    ]
    return {table.name: table for table in found}


def _table(declaration: Declaration) -> Table:
    columns, references = [], []
    for item in declaration.items:
        if target := _REFERENCES.search(item.rest):
            references.append(Reference(item.name, target[1], target[2]))
        sql_type = _REFERENCES.sub("", item.rest).replace("NOT NULL", "").strip()
        columns.append(TableColumn(item.name, sql_type, arrow_type(sql_type), "NOT NULL" not in item.rest, item.doc))
    dictionary = frozenset(declaration.listed("dictionary"))
    return Table(
        name=declaration.name,
        summary=declaration.summary,
        columns=tuple(columns),
        schema=_schema(columns, dictionary=dictionary, doc=declaration.summary),
        key=declaration.listed("key"),
        references=tuple(references),
        partition=declaration.listed("partition"),
        sort=declaration.listed("sort"),
        dictionary=dictionary,
        in_lake="origin" not in declaration.directives,
        declaration=declaration,
    )


def _schema(columns: Sequence[TableColumn], *, dictionary: frozenset[str], doc: str) -> pa.Schema:
    fields = []
    for column in columns:
        kind = pa.dictionary(pa.int32(), column.arrow_type) if column.name in dictionary else column.arrow_type
        fields.append(pa.field(column.name, kind, column.nullable, metadata={"doc": column.doc}))
    return pa.schema(fields, metadata={"doc": doc})


def arrow_type(sql_type: str) -> pa.DataType:
    """The Arrow type of an SQL type: scalars, lists `T[]`, `STRUCT(...)` and `MAP(K, V)` of them."""
    if sql_type.endswith("[]"):
        return pa.list_(arrow_type(sql_type[:-2]))
    if sql_type.startswith("STRUCT("):
        return pa.struct(_struct_field(part) for part in sql_type[7:-1].split(", "))
    if sql_type.startswith("MAP("):
        key, value = sql_type[4:-1].split(", ")
        return pa.map_(arrow_type(key), arrow_type(value))
    if sql_type not in _SCALARS:
        raise SchemaError(f"no Arrow type for {sql_type}; known are {', '.join(_SCALARS)}")
    return _SCALARS[sql_type]


def _struct_field(part: str) -> tuple[str, pa.DataType]:
    name, sql_type = part.split(" ", 1)
    return name.strip('"'), arrow_type(sql_type)
