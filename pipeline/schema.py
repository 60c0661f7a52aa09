"""Tables as declared in `schemas/*.sql`: columns of DuckDB, and what stands for them in the lake.

Declared is what DuckDB has. The lake differs in three things: it has a hash where DuckDB has a number given on loading
(`stack_hash BIGINT` for `stack_id INTEGER`), no unsigned numbers, since Delta knows none: their 64 bits are read as signed, and
columns to find its files by that DuckDB does not need (`lake: kind, day`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cache

import pyarrow as pa

from pipeline.errors import SchemaError
from pipeline.resources import schemas
from pipeline.sqldoc import Declaration, declarations

_REFERENCES = re.compile(r"REFERENCES (\w+)\((\w+)\)")
_ID = re.compile(r"^(\w+)_(id|ids)$")
_HASH = re.compile(r"_hash$")
_LISTS = ("key", "partition", "sort", "dictionary", "lake")
_SCALARS = {
    # The same 64 bits, read as signed.
    "UBIGINT": pa.int64(),
    "BIGINT": pa.int64(),
    "INTEGER": pa.int32(),
    "DOUBLE": pa.float64(),
    "BOOLEAN": pa.bool_(),
    "VARCHAR": pa.string(),
    "BLOB": pa.binary(),
    "DATE": pa.date32(),
    "TIMESTAMP": pa.timestamp("us", "UTC"),
}


@dataclass(frozen=True, slots=True)
class Reference:
    """A declared foreign key; the value in `column` stands in `to_table.to_column`."""

    column: str
    to_table: str
    to_column: str


@dataclass(frozen=True, slots=True)
class TableColumn:
    """One column: its name and SQL type in DuckDB, whether it may be NULL, and what stands for it in the lake.

    lake_name  None for a column that is filled on loading
    counts     the table whose rows the numbers of an `_id` or `_ids` column count; None for other columns
    """

    name: str
    sql_type: str
    nullable: bool
    doc: str
    lake_name: str | None
    lake_type: pa.DataType
    counts: str | None


@dataclass(frozen=True, slots=True)
class Table:
    """One declared table. Columns are DuckDB's; all other names are those of the lake.

    lake_only   columns that DuckDB does not have
    schema      of the lake, in Arrow; each field has its doc as metadata, so that Parquet files carry it
    partition   columns that become `name=value` folders of the lake
    sort        columns the rows of a file are sorted by
    dictionary  columns with few distinct values, kept as dictionaries in memory
    alike       columns of DuckDB that have few combinations of values, each of which is kept once
    ticks       columns of DuckDB with times of a clock that ticks every 64 ns
    objects     columns of DuckDB that count objects, with those of their bytes
    in_lake     whether files of it are in the lake; the warehouse makes the others itself
    """

    name: str
    summary: str
    columns: tuple[TableColumn, ...]
    lake_only: tuple[TableColumn, ...]
    schema: pa.Schema
    key: tuple[str, ...]
    references: tuple[Reference, ...]
    partition: tuple[str, ...]
    sort: tuple[str, ...]
    dictionary: frozenset[str]
    alike: tuple[str, ...]
    ticks: tuple[str, ...]
    objects: Mapping[str, str]
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
    names = {item.name for item in declaration.items}
    for item in declaration.items:
        sql_type = _REFERENCES.sub("", item.rest).replace("NOT NULL", "").strip()
        lake_name = _lake_name(item.name, sql_type, beside=names)
        target = _REFERENCES.search(item.rest)
        if target:
            references.append(Reference(lake_name or item.name, target[1], _hashed(target[2])))
        counts = _counted(item.name, target[1] if target else None) if _is_number_given(item.name, sql_type) else None
        columns.append(
            TableColumn(
                name=item.name,
                sql_type=sql_type,
                nullable="NOT NULL" not in item.rest,
                doc=item.doc,
                lake_name=lake_name,
                lake_type=_lake_type(item.name, sql_type),
                counts=counts,
            )
        )
    lake_names = {column.name: column.lake_name or _hashed(column.name) for column in columns}
    listed = {name: tuple(lake_names[one] for one in declaration.listed(name)) for name in _LISTS}
    dictionary = frozenset(listed["dictionary"])
    return Table(
        name=declaration.name,
        summary=declaration.summary,
        columns=tuple(column for column in columns if column.lake_name not in listed["lake"]),
        lake_only=tuple(column for column in columns if column.lake_name in listed["lake"]),
        schema=_schema(columns, dictionary=dictionary, doc=declaration.summary),
        key=listed["key"],
        references=tuple(references),
        partition=listed["partition"],
        sort=listed["sort"],
        dictionary=dictionary,
        alike=declaration.listed("alike"),
        ticks=declaration.listed("ticks"),
        objects=dict(pair.split(" of ") for pair in declaration.listed("objects")),
        in_lake="origin" not in declaration.directives,
        declaration=declaration,
    )


def _lake_name(name: str, sql_type: str, *, beside: Set[str]) -> str | None:
    """What the lake calls a column: a number that DuckDB gives stands for a hash, which may have a column of its own."""
    if not _is_number_given(name, sql_type):
        return name
    hashed = _hashed(name)
    return None if hashed in beside else hashed


def _is_number_given(name: str, sql_type: str) -> bool:
    return sql_type.removesuffix("[]") == "INTEGER" and _ID.match(name) is not None


def _counted(name: str, referred_to: str | None) -> str:
    """What an `_id` counts; profiles and traces have the numbers of their sources."""
    found = _ID.match(name)
    counted = referred_to or (found[1] if found else name)
    return "source" if counted in ("profile", "trace") else counted


def _hashed(name: str) -> str:
    """`stack_id` as the lake has it."""
    found = _ID.match(name)
    return name if not found else f"{found[1]}_{'hash' if found[2] == 'id' else 'hashes'}"


def _lake_type(name: str, sql_type: str) -> pa.DataType:
    """The Arrow type in the lake: of hashes, signed numbers of 64 bits."""
    if _is_number_given(name, sql_type):
        return pa.list_(pa.int64()) if sql_type.endswith("[]") else pa.int64()
    return pa.int64() if _HASH.search(name) else arrow_type(sql_type)


def _schema(columns: Sequence[TableColumn], *, dictionary: frozenset[str], doc: str) -> pa.Schema:
    fields = []
    for column in columns:
        if column.lake_name is None:
            continue
        kind = pa.dictionary(pa.int32(), column.lake_type) if column.lake_name in dictionary else column.lake_type
        fields.append(pa.field(column.lake_name, kind, column.nullable, metadata={"doc": column.doc}))
    return pa.schema(fields, metadata={"doc": doc})


def struct_fields(sql_type: str) -> Sequence[tuple[str, str, str | None]]:
    """Name, SQL type and, of a number given on loading, what it counts, of each field of `STRUCT(...)[]`; () for others."""
    if not sql_type.startswith("STRUCT("):
        return ()
    parts = (part.split(" ", 1) for part in sql_type.removesuffix("[]")[7:-1].split(", "))
    named = ((name.strip('"'), kind) for name, kind in parts)
    return [(name, kind, _counted(name, None) if _is_number_given(name, kind) else None) for name, kind in named]


def arrow_type(sql_type: str) -> pa.DataType:
    """The Arrow type of an SQL type in the lake: scalars, lists `T[]`, `STRUCT(...)` and `MAP(K, V)` of them."""
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
    quoted, sql_type = part.split(" ", 1)
    name = quoted.strip('"')
    return (_hashed(name) if _is_number_given(name, sql_type) else name), _lake_type(name, sql_type)
