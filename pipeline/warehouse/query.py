"""Questions to the database, and their answers: ours as a Result, other people's checked and on their way."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cache

import duckdb
import pyarrow as pa

from pipeline.errors import QueryError
from pipeline.schema import tables
from pipeline.values import Answer, Question, Result, ResultColumn
from pipeline.warehouse.catalog import columns_in
from pipeline.warehouse.faults import explained
from pipeline.warehouse.modules import modules
from pipeline.warehouse.statements import reading

# DuckDB's own vectors have 2,048 rows; more at a time saves calls, fewer save memory.
_ROWS_AT_A_TIME = 8192
# Our queries ask for what this release declares.
_OF_ANOTHER_RELEASE = "\nthe database was loaded by another release of heapscape; bring it up to this one with: heapscape load --lake LAKE --db DATABASE"
# DuckDB names five columns that are spelled alike, whatever they mean.
_NO_COLUMN = re.compile(r"Referenced column .* not found|does not have a column named")


def ask(
    connection: duckdb.DuckDBPyConnection,
    query: str,
    parameters: Mapping[str, object] | None = None,
    *,
    name: str = "answer",
    described: bool = True,
) -> Result:
    """Run one query of ours; raises QueryError with DuckDB's own words, which point at the place.

    described  with what the columns mean, for which every view's file is read
    """
    try:
        with explained("DuckDB", memory=connection):
            table = connection.sql(query, params=dict(parameters) if parameters else None).to_arrow_table()
    except QueryError as error:
        if isinstance(error.__cause__, duckdb.CatalogException | duckdb.BinderException):
            raise QueryError(f"{error}{_OF_ANOTHER_RELEASE}") from error
        raise
    columns = _columns(table.column_names) if described else tuple(ResultColumn(one, "") for one in table.column_names)
    return Result(name, columns, table, Question(query, parameters or {}))


def answer(connection: duckdb.DuckDBPyConnection, query: str) -> Answer:
    """Run one query of anybody's, if it only reads; its rows come as they are read, and never stand in memory whole.

    The connection answers nothing else until the batches are read or their iterator is closed.
    """
    try:
        with explained("DuckDB", memory=connection):
            checked = reading(connection, query)
        return _on_its_way(connection, "answer", checked)
    except QueryError as error:
        if isinstance(error.__cause__, duckdb.BinderException) and _NO_COLUMN.search(str(error)):
            raise QueryError(f"{error}{columns_in(query)}") from error
        raise


def named_rows(
    connection: duckdb.DuckDBPyConnection, name: str, *, where: Mapping[str, str], order: Sequence[str], limit: int
) -> Answer:
    """Rows of a public table or view.

    where  column -> the text of the value that its rows must have
    order  columns to sort by, the largest first behind a `-`
    Raises QueryError for what there is not, with what there is.
    """
    if name not in public_names():
        near = get_close_matches(name, public_names(), 3, 0.5)
        raise QueryError(f"{name}: no table or view; {'did you mean ' + ', '.join(near) if near else 'see /sql'}")
    with explained("DuckDB", memory=connection):
        kinds = {row[0]: row[1] for row in connection.execute(f"DESCRIBE {name}").fetchall()}
    for column in (*where, *(one.removeprefix("-") for one in order)):
        if column not in kinds:
            raise QueryError(f"{name}: has no column {column}, only {', '.join(kinds)}")
    tests = [f'"{column}" = CAST(${place} AS {kinds[column]})' for place, column in enumerate(where, start=1)]
    keys = [f'"{one.removeprefix("-")}" {"DESC" if one.startswith("-") else "ASC"}' for one in order]
    query = f"""
    FROM {name} {"WHERE" if tests else ""} {" AND ".join(tests)}
    {"ORDER BY" if keys else ""} {", ".join(keys)} LIMIT {limit:d}
    """
    return _on_its_way(connection, name, query, list(where.values()))


@cache
def public_names() -> tuple[str, ...]:
    """Every table and view that people ask."""
    views = [name for name, view in modules().items() if view.kind == "VIEW" and "._" not in name]
    return (*sorted(tables()), *sorted(views))


def _on_its_way(connection: duckdb.DuckDBPyConnection, name: str, query: str, parameters: Sequence[str] = ()) -> Answer:
    with explained("DuckDB", memory=connection):
        try:
            relation = connection.sql(query, params=list(parameters) or None)
        except (duckdb.BinderException, duckdb.CatalogException):
            # Of a relation DuckDB does not say where it goes wrong; of a statement, which gets no further either, it does.
            connection.execute(query, list(parameters) or None)
            raise
        reader = relation.to_arrow_reader(_ROWS_AT_A_TIME)
    return Answer(name, _columns(reader.schema.names), reader.schema, _batches(connection, reader))


def where(conditions: Mapping[str, tuple[str, object]]) -> tuple[str, dict[str, object]]:
    """A WHERE of the conditions whose value was given, so that the query is as short as the choice, and its parameters.

    conditions  parameter -> what holds of it, and its value; None for what was not given
    """
    given = {name: one for name, one in conditions.items() if one[1] is not None}
    text = "\n  AND ".join(condition for condition, _ in given.values())
    return f"\nWHERE {text}" if text else "", {name: value for name, (_, value) in given.items()}


def equal(**columns: object) -> dict[str, tuple[str, object]]:
    """Conditions that columns have a value."""
    return {name: (f"{name} = ${name}", value) for name, value in columns.items()}


def batches(
    connection: duckdb.DuckDBPyConnection, query: str, parameters: Mapping[str, object], *, rows: int = 1 << 16
) -> Iterator[pa.RecordBatch]:
    """Run one query of ours, whose rows are read once, so many at a time; until then the connection answers nothing else."""
    with explained("DuckDB", memory=connection):
        reader = connection.sql(query, params=dict(parameters)).to_arrow_reader(rows)
    return _batches(connection, reader)


def _batches(connection: duckdb.DuckDBPyConnection, reader: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
    with reader:
        while True:
            with explained("DuckDB", memory=connection):
                batch = next(reader, None)
            if batch is None:
                return
            yield batch


def _columns(names: Sequence[str]) -> tuple[ResultColumn, ...]:
    docs = _docs()
    return tuple(ResultColumn(name, docs.get(name, "")) for name in names)


@cache
def _docs() -> Mapping[str, str]:
    """What a column name means where every table and view that has it says the same."""
    meanings: dict[str, set[str]] = {}
    for name, doc in _all_docs():
        meanings.setdefault(name, set()).add(doc)
    return {name: docs.pop() for name, docs in meanings.items() if len(docs) == 1}


def _all_docs() -> Iterator[tuple[str, str]]:
    for table in tables().values():
        yield from ((column.name, column.doc) for column in table.columns)
    for module in modules().values():
        yield from ((item.name, item.doc) for item in module.items if module.kind == "VIEW")
        yield from module.columns.items()
