"""From files of the lake to rows of DuckDB: hashes become the numbers that this database gives.

A number is given to what is new and stays with it. While a load runs, table `key_stack` has hash and number of every stack
that the new rows speak of; so have `key_function`, `key_source`, ... Of sources those alone that are new: a row of a source that
is here already is here already, in whatever file it comes again. Of a part of a lake those alone that are of it, and the
symbols that their rows speak of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import Final

import duckdb

from pipeline.schema import Table, TableColumn, struct_fields, tables
from pipeline.warehouse.faults import explained
from pipeline.warehouse.modules import quoted
from pipeline.warehouse.numbering import is_nested, numbered
from pipeline.warehouse.packing import is_packed, kept_in, pack
from pipeline.warehouse.part import Part

_ASK_LAKE = "heapscape lake verify tells which files are not as they were written"
# In place of paths: the rows are in view `held_` and the name of the table.
HELD: Final = ("held in memory",)
# Each after those it is made of; what speaks of them speaks of the last ones.
_SYMBOLS = ("function", "mapping", "label_set", "location", "stack")
# What has numbers of its own and rows of sources: the same verdict may stand in many reports.
_REPEATED = ("escape_site",)

# What a load was told of sources, one row each time that an input was read.
_TOLD = """
CREATE OR REPLACE TEMP TABLE told AS
SELECT {columns} FROM {files}
"""
# What went in stays; of refusals the latest counts, and none once its file came to something else.
_KEY_SOURCE = """
CREATE OR REPLACE TEMP TABLE key_source AS
WITH ingested AS (
  SELECT source_hash AS hash, MIN(uri) AS uri
  FROM told
  WHERE status = 'ingested'
    AND {hexadecimal} NOT IN (SELECT source_hash FROM source WHERE status = 'ingested')
    AND source_hash NOT IN ({left_out})
  GROUP BY source_hash
)
SELECT hash, ((SELECT coalesce(MAX(source_id), 0) FROM source) + row_number() OVER (ORDER BY uri, hash))::INTEGER AS id
FROM ingested
"""
_FORGET_REFUSED = """
DELETE FROM source
WHERE status = 'refused'
  AND (
    source_hash IN (SELECT {hexadecimal} FROM told)
    OR EXISTS (
      FROM told
      WHERE told.path = source.path
        AND {told_at} > source.ingested_at
    )
  )
"""
_INGESTED = """
INSERT INTO source
SELECT {values} FROM told JOIN key_source ON key_source.hash = told.source_hash WHERE told.status = 'ingested'
"""
_REFUSED = """
INSERT INTO source
WITH refused AS (
  SELECT told.*, row_number() OVER (ORDER BY source_hash) AS id
  FROM told
  WHERE status = 'refused'
    AND {hexadecimal} NOT IN (SELECT source_hash FROM source WHERE status = 'ingested')
    AND NOT EXISTS (FROM told AS later WHERE later.path = told.path AND later.ingested_at > told.ingested_at)
  QUALIFY row_number() OVER (PARTITION BY source_hash ORDER BY ingested_at DESC, uri) = 1
)
SELECT {values} FROM (SELECT * REPLACE ((SELECT coalesce(MAX(source_id), 0) FROM source) + id AS id) FROM refused) AS key_source
"""
_NAMES = """
INSERT INTO source_name
SELECT DISTINCT source.source_id, told.uri
FROM told
JOIN source ON source.source_hash = {hexadecimal}
LEFT JOIN source_name AS known ON known.source_id = source.source_id AND known.uri = told.uri
WHERE told.status <> 'refused' AND source.status = 'ingested' AND known.source_id IS NULL
"""
# What expired is taken out of every table, and what it had part in is noted for what follows from it.
_GONE = """
CREATE OR REPLACE TEMP TABLE gone AS
SELECT source_id FROM source WHERE status = 'ingested' AND source_hash IN (SELECT {hexadecimal} FROM told WHERE status = 'expired');
CREATE OR REPLACE TEMP TABLE gone_series AS
SELECT DISTINCT series_id FROM profile SEMI JOIN gone USING (source_id)
UNION
SELECT profile.series_id
FROM profile
JOIN profile_mapping USING (profile_id)
JOIN mapping USING (mapping_id)
WHERE mapping.build_id IN (
  SELECT unnest([build_id, go_build_id, lower(hex(go_build_id))]) FROM binary_file SEMI JOIN gone USING (source_id)
);
CREATE OR REPLACE TEMP TABLE gone_build AS
SELECT service, build FROM escape_report SEMI JOIN gone USING (source_id)
UNION
SELECT service, build FROM binary_file SEMI JOIN gone USING (source_id);
CREATE OR REPLACE TEMP TABLE gone_labels AS
SELECT labels FROM process SEMI JOIN gone USING (source_id)
UNION
SELECT labels FROM trace SEMI JOIN gone USING (source_id)
UNION
SELECT labels FROM profile SEMI JOIN gone USING (source_id)
"""
_EXPIRED = """
UPDATE source SET status = 'expired'
WHERE status = 'ingested' AND source_hash IN (SELECT {hexadecimal} FROM told WHERE status = 'expired')
"""
_KEY = """
CREATE OR REPLACE TEMP TABLE key_{name} AS
WITH wanted AS (SELECT DISTINCT hash FROM spoken_of WHERE hash IS NOT NULL),
known AS (SELECT DISTINCT {name}_hash, {name}_id FROM {name}),
found AS (
  SELECT wanted.hash, known.{name}_id AS id
  FROM wanted
  LEFT JOIN known ON known.{name}_hash = {hexadecimal}
)
SELECT
  hash,
  coalesce(
    id,
    (SELECT coalesce(MAX({name}_id), 0) FROM {name}) + row_number() OVER (PARTITION BY id IS NULL ORDER BY hash)
  )::INTEGER AS id,
  id IS NULL AS is_new
FROM found
"""


def insert(
    connection: duckdb.DuckDBPyConnection, files: Mapping[str, Sequence[str]], *, part: Part, memory: str | None
) -> Iterator[tuple[str, int]]:
    """Insert the rows of new files that are not here yet; yields each table with how many it gained.

    files   table -> absolute paths of files of the lake
    part    what of it; rows of other sources are passed over
    memory  what was given for all of it, to be named where it is too little
    """
    of_table = partial(_of_table, memory=memory or connection)
    with of_table("source"):
        yield "source", _insert_sources(connection, files, part=part)
    for name in (*_REPEATED, *reversed(_SYMBOLS)):
        _give_numbers(connection, name, files, is_whole=part.is_whole, of_table=of_table)
    for name in _SYMBOLS:
        if name in files:
            with of_table(name):
                yield name, _insert_symbols(connection, tables()[name], files[name])
    for name, paths in files.items():
        if name != "source" and name not in _SYMBOLS:
            with of_table(name):
                yield name, _insert_rows(connection, tables()[name], paths)


def _of_table(name: str, *, memory: str | duckdb.DuckDBPyConnection) -> AbstractContextManager[None]:
    return explained(f"table {name} of the lake", memory=memory, otherwise=_ASK_LAKE)


def _insert_sources(connection: duckdb.DuckDBPyConnection, files: Mapping[str, Sequence[str]], *, part: Part) -> int:
    table = tables()["source"]
    names = ", ".join(column.lake_name for column in table.columns if column.lake_name)
    rows = partial(_new_rows, files=files)
    connection.execute(_TOLD.format(columns=names, files=rows("source")))
    values = ", ".join(_value(column, "told") for column in table.columns)
    refused = ", ".join(_value(column, "key_source") for column in table.columns)
    of_told = hexadecimal("told.source_hash")
    left_out = part.left_out(rows) or "SELECT NULL::BIGINT WHERE false"
    connection.execute(_KEY_SOURCE.format(hexadecimal=of_told, left_out=left_out))
    # In an empty database nothing is to be taken out.
    is_first = not connection.execute("FROM source LIMIT 1").fetchall()
    if not is_first:
        connection.execute(
            _FORGET_REFUSED.format(hexadecimal=of_told, told_at="make_timestamp(epoch_us(told.ingested_at))")
        )
    ingested = _count(connection.execute(_INGESTED.format(values=values)))
    n_refused = _count(connection.execute(_REFUSED.format(values=refused, hexadecimal=of_told)))
    connection.execute(_NAMES.format(hexadecimal=of_told))
    if not is_first:
        connection.execute(_GONE.format(hexadecimal=of_told))
        if connection.execute("FROM gone LIMIT 1").fetchall():
            for name, column in _of_sources():
                connection.execute(f"DELETE FROM {name} WHERE {column} IN (FROM gone)")
    connection.execute(_EXPIRED.format(hexadecimal=of_told))
    return ingested + n_refused


def _of_sources() -> Iterator[tuple[str, str]]:
    """Every table whose rows are of sources, with the column that says which."""
    for table in tables().values():
        column = next((column.name for column in table.columns if column.counts == "source"), None)
        if column and table.name not in ("source", "source_name"):
            yield kept_in(table), column


def _give_numbers(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    files: Mapping[str, Sequence[str]],
    *,
    is_whole: bool,
    of_table: Callable[[str], AbstractContextManager[None]],
) -> None:
    """Make the table of keys of all that new rows speak of."""
    connection.execute("CREATE OR REPLACE TEMP TABLE spoken_of (hash BIGINT)")
    for other, paths in files.items():
        for query in _mentions(tables()[other], _speaking(tables()[other], paths, is_whole=is_whole), of=name):
            with of_table(other):
                connection.execute(f"INSERT INTO spoken_of {query}")
    connection.execute(_KEY.format(name=name, hexadecimal=hexadecimal("wanted.hash")))


def _speaking(table: Table, paths: Sequence[str], *, is_whole: bool) -> str:
    """The rows of new files that go in: of new sources, or symbols that something new speaks of."""
    if table.name in _SYMBOLS:
        return f"(FROM {_files(table, paths)} WHERE {table.key[0]} IN (SELECT hash FROM key_{table.name} WHERE is_new))"
    if is_whole or table.name == "source":
        # But for the same bytes that two writers brought, all of them are.
        return _files(table, paths)
    source = next(column.lake_name for column in table.columns if column.counts == "source" and column.lake_name)
    return f"(FROM {_files(table, paths)} WHERE {source} IN (SELECT hash FROM key_source))"


def _mentions(table: Table, rows: str, *, of: str) -> Iterator[str]:
    """A query of the hashes for each column of a table that speaks of some other."""
    for column in table.columns:
        name = column.lake_name or f"{of}_hash"
        if column.counts == of and not (table.name == of and of in _SYMBOLS):
            value = f"unnest({name})" if column.sql_type.endswith("[]") else name
            yield f"SELECT DISTINCT {value} AS hash FROM {rows}"
        for field, _, counted in struct_fields(column.sql_type):
            if counted == of:
                values = f"list_transform({name}, lambda one: one.{field.removesuffix('_id')}_hash)"
                yield f"SELECT DISTINCT unnest({values}) AS hash FROM {rows}"


def _insert_symbols(connection: duckdb.DuckDBPyConnection, table: Table, paths: Sequence[str]) -> int:
    """Every batch brings the symbols it needs: those that are here already are the same."""
    (key,) = table.key
    new = (
        f"SELECT DISTINCT ON ({key}) rows.*, key_{table.name}.id FROM {_files(table, paths)} AS rows "
        f"JOIN key_{table.name} ON key_{table.name}.hash = rows.{key} WHERE key_{table.name}.is_new"
    )
    nested = [column for column in table.columns if is_nested(column)]
    columns = ", ".join(
        "rows.id"
        if column.counts == table.name and not column.lake_name
        else f"numbered_{column.name}(rows.{column.lake_name})"
        if column in nested
        else _value(column, "rows")
        for column in table.columns
    )
    joins = " ".join(join for _, join in _joins(table, but=table.name))
    with numbered(connection, nested):
        return _count(connection.execute(f"INSERT INTO {table.name} SELECT {columns} FROM ({new}) AS rows {joins}"))


def _insert_rows(connection: duckdb.DuckDBPyConnection, table: Table, paths: Sequence[str]) -> int:
    """Rows of sources that are new."""
    if is_packed(table):
        raw = {column.name: column.lake_name or f"{column.name.removesuffix('_id')}_hash" for column in table.columns}
        values = {column.name: _value(column, "rows") for column in table.columns}
        label_sets = "label_set SEMI JOIN key_label_set ON key_label_set.id = label_set_id"
        of_columns = dict(_joins(table))
        rows = _files(table, paths)
        return _count(pack(connection, table, rows, raw=raw, values=values, joins=of_columns, label_sets=label_sets))
    columns = ", ".join(_value(column, "rows") for column in table.columns)
    joins = " ".join(join for _, join in _joins(table))
    return _count(
        connection.execute(f"INSERT INTO {table.name} SELECT {columns} FROM {_files(table, paths)} AS rows {joins}")
    )


def _joins(table: Table, *, but: str = "") -> Iterator[tuple[str, str]]:
    """By column a join for every one that speaks of another table; where that is NULL, and only there, a row may lack it."""
    for column in table.columns:
        if column.counts not in (None, but, "series") and not column.sql_type.endswith("[]"):
            kind = "LEFT JOIN" if column.nullable else "JOIN"
            name = column.lake_name or f"{column.name.removesuffix('_id')}_hash"
            yield (
                column.name,
                f'{kind} key_{column.counts} AS "of_{column.name}" ON "of_{column.name}".hash = rows.{name}',
            )


def _value(column: TableColumn, rows: str) -> str:
    """The expression for a column of DuckDB over a row of the lake."""
    if column.counts == "series":
        return f'NULL::INTEGER AS "{column.name}"'
    if rows != "rows" and column.counts:
        return "key_source.id"
    if column.counts:
        return f'"of_{column.name}".id'
    value = f'{rows}."{column.lake_name}"'
    if column.name.endswith("_hash"):
        return f'{hexadecimal(value)} AS "{column.name}"'
    if column.sql_type == "UBIGINT":
        # The bits of a signed number.
        return f"(({value} & 9223372036854775807)::UBIGINT + CASE WHEN {value} < 0 THEN 9223372036854775808 ELSE 0 END)::UBIGINT"
    if column.sql_type == "TIMESTAMP":
        return f"make_timestamp(epoch_us({value}))"
    return f"{value}::{column.sql_type}"


def _files(table: Table, paths: Sequence[str]) -> str:
    if tuple(paths) == HELD:
        return f"held_{table.name}"
    return f"read_parquet([{', '.join(map(quoted, paths))}], hive_partitioning = {bool(table.partition)}, union_by_name = true)"


def _new_rows(name: str, *, files: Mapping[str, Sequence[str]]) -> str:
    """What stands in FROM for the new rows of a table."""
    return _files(tables()[name], files[name]) if files.get(name) else _none(tables()[name])


def _none(table: Table) -> str:
    """No rows, in the columns of the lake."""
    kinds = {"int64": "BIGINT", "string": "VARCHAR"}
    columns = (f"NULL::{kinds.get(str(field.type), 'TIMESTAMPTZ')} AS {field.name}" for field in table.schema)
    return f"(SELECT {', '.join(columns)} LIMIT 0)"


def hexadecimal(value: str) -> str:
    """A hash as people have it; NULL stays NULL."""
    return f"lower(lpad(hex({value}), 16, '0'))"


def _count(changed: duckdb.DuckDBPyConnection) -> int:
    """How many rows a statement inserted."""
    found = changed.fetchone()
    return int(found[0]) if found else 0
