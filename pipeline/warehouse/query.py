"""Questions to the database, and their answers: ours as a Result, other people's checked and on their way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import duckdb
import pyarrow as pa

from pipeline.schema import tables
from pipeline.values import Answer, Result, ResultColumn
from pipeline.warehouse.faults import explained
from pipeline.warehouse.modules import modules
from pipeline.warehouse.statements import reading

# DuckDB's own vectors have 2,048 rows; more at a time saves calls, fewer save memory.
_ROWS_AT_A_TIME = 8192


def ask(
    connection: duckdb.DuckDBPyConnection,
    query: str,
    parameters: Mapping[str, object] | None = None,
    *,
    name: str = "answer",
) -> Result:
    """Run one query of ours; raises QueryError with DuckDB's own words, which point at the place."""
    with explained("DuckDB", memory=connection):
        table = connection.sql(query, params=dict(parameters) if parameters else None).to_arrow_table()
    return Result(name, _columns(table.column_names), table)


def answer(connection: duckdb.DuckDBPyConnection, query: str) -> Answer:
    """Run one query of anybody's, if it only reads; its rows come as they are read, and never stand in memory whole.

    The connection answers nothing else until the batches are read or their iterator is closed.
    """
    with explained("DuckDB", memory=connection):
        reader = connection.sql(reading(connection, query)).to_arrow_reader(_ROWS_AT_A_TIME)
    return Answer("answer", _columns(reader.schema.names), reader.schema, _batches(connection, reader))


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
