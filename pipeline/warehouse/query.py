"""Questions to the database: any SQL, read-only, and the answer as a Result."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import duckdb

from pipeline.errors import QueryError
from pipeline.schema import tables
from pipeline.values import Result, ResultColumn
from pipeline.warehouse.modules import modules


def ask(
    connection: duckdb.DuckDBPyConnection,
    query: str,
    parameters: Mapping[str, object] | None = None,
    *,
    name: str = "answer",
) -> Result:
    """Run one query; raises QueryError with DuckDB's own words, which point at the place."""
    try:
        relation = connection.sql(query, params=dict(parameters) if parameters else None)
        # DuckDB answers nothing at all to a query without a statement.
        if relation is None:
            raise QueryError("the query is empty; write a statement such as: FROM source")
        table = relation.to_arrow_table()
    except duckdb.Error as error:
        raise QueryError(f"DuckDB: {error}") from error
    docs = _docs()
    return Result(name, tuple(ResultColumn(column, docs.get(column, "")) for column in table.column_names), table)


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
