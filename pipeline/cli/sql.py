"""heapscape sql: any question."""

from __future__ import annotations

import sys

import click

from pipeline import flow
from pipeline.cli.console import show
from pipeline.cli.options import Place, database_option, format_option, resource_options
from pipeline.lake.parquet import save
from pipeline.warehouse.query import ask


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

    \b
      heapscape sql "FROM attribution.growth_by_site ORDER BY growth_bytes DESC"
      heapscape sql "SHOW ALL TABLES"
      heapscape sql "SELECT * FROM flame.flat_cum" --parquet flat_cum.parquet
      heapscape sql - --format csv < query.sql
    """
    if query == "-":
        query = sys.stdin.read()
    with flow.open_warehouse(db, threads=threads, memory=memory) as connection:
        result = ask(connection, query)
    if parquet:
        save(result.table, parquet)
    else:
        show(result, format=format_)
