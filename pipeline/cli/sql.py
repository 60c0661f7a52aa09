"""heapscape sql: any question."""

from __future__ import annotations

import sys

import click

from pipeline import flow
from pipeline.cli.console import show_answer
from pipeline.cli.options import Place, database_option, format_option, resource_options
from pipeline.errors import UsageError
from pipeline.lake.parquet import save
from pipeline.warehouse.query import answer


@click.command()
@click.argument("query")
@database_option
@format_option
@click.option(
    "--parquet", metavar="FILE", type=Place(), help="Write the answer to a Parquet file instead of printing it."
)
@resource_options
def sql(query: str, db: str, format_: str, parquet: str | None, memory: str, threads: int | None) -> None:
    """Run any SQL query, read-only; - reads it from standard input.

    One statement that reads: SELECT, FROM, WITH, PIVOT, DESCRIBE, SUMMARIZE, SHOW, EXPLAIN and the like. Answers of any length
    are written as they come; a table shows the first 10,000 rows and says so.

    \b
      heapscape sql "FROM attribution.growth_by_site ORDER BY growth_bytes DESC"
      heapscape sql "SHOW ALL TABLES"
      heapscape sql "SELECT * FROM heap.growth_by_function" --parquet growth.parquet
      heapscape sql - --format csv < query.sql
    """
    if query == "-":
        query = _from_standard_input()
    with flow.open_warehouse(db, threads=threads, memory=memory) as connection:
        found = answer(connection, query)
        if parquet:
            save(found, parquet)
        else:
            show_answer(found, format=format_)


def _from_standard_input() -> str:
    try:
        return sys.stdin.buffer.read().decode()
    except UnicodeDecodeError as error:
        raise UsageError(f"standard input, byte {error.start}: not text in UTF-8, as a query must be") from error
