"""heapscape sql: any question, of the database or of files, or one after another."""

from __future__ import annotations

import os
import sys

import click

from pipeline import config
from pipeline.cli.console import is_terminal, show_answer
from pipeline.cli.options import Place, database_option, format_option, opened, resource_options
from pipeline.errors import UsageError
from pipeline.lake.parquet import save
from pipeline.warehouse.catalog import named_in, rows_of
from pipeline.warehouse.connect import open_once
from pipeline.warehouse.query import answer
from pipeline.warehouse.statements import reading


@click.command()
@click.argument("query", default="")
@click.argument("inputs", nargs=-1, metavar="[FILE...]")
@database_option
@format_option
@click.option(
    "--parquet", metavar="FILE", type=Place(), help="Write the answer to a Parquet file instead of printing it."
)
@resource_options
def sql(
    query: str, inputs: tuple[str, ...], db: str, format_: str, parquet: str | None, memory: str, threads: int | None
) -> None:
    """Run any SQL query, read-only; - reads it from standard input, and without one there is a shell.

    One statement that reads: SELECT, FROM, WITH, PIVOT, DESCRIBE, SUMMARIZE, SHOW, EXPLAIN and the like. Answers of any length
    are written as they come; a table shows the first 10,000 rows and says so. With FILEs the question is about them and no
    database is kept.

    The shell completes names and columns, keeps a history, and explains every view with .help VIEW; Ctrl-C ends a query, .quit the
    shell. With FILEs alone it is about them.

    \b
      heapscape sql
      heapscape sql "FROM attribution.growth_by_site ORDER BY growth_bytes DESC"
      heapscape sql "SELECT kind, taken_at FROM profile" heap.pb.gz cpu.pb.gz
      heapscape sql "SELECT * FROM heap.growth_by_function" --parquet growth.parquet
      heapscape sql - --format csv < query.sql
    """
    if query and os.path.exists(query):
        query, inputs = "", (query, *inputs)
    if not query:
        _talk(inputs, db, format_=format_, parquet=parquet, memory=memory, threads=threads)
        return
    if query.startswith("."):
        raise UsageError(
            f"{query}: such commands are the shell's, which heapscape sql without a query is; tables are told by: SHOW ALL TABLES, columns by: DESCRIBE NAME"
        )
    if query == "-":
        query = _from_standard_input()
    if inputs:
        # Before anything is read for it.
        with open_once(threads=1) as connection:
            reading(connection, query)
    views = named_in(query) if inputs else None
    with opened(inputs, db, memory=memory, threads=threads, views=views) as connection:
        found = answer(connection, query)
        if parquet:
            save(found, parquet)
        else:
            show_answer(found, format=format_, of_nothing=f"no rows{rows_of(query)}")


def _talk(
    inputs: tuple[str, ...], db: str, *, format_: str, parquet: str | None, memory: str, threads: int | None
) -> None:
    """Answer one query after another."""
    if parquet:
        raise UsageError("--parquet is for the answer of one query, and there is none; in the shell it is .output")
    if not (is_terminal() and sys.stdin and sys.stdin.isatty()):
        raise UsageError(
            "the query is missing; give one, or - to read it from standard input: a shell needs a terminal"
        )
    with opened(inputs, db, memory=memory, threads=threads) as connection:
        # Here, because what reads the keys takes a while to import.
        from pipeline.cli.shell import Shell

        where = "files" if inputs else os.path.basename(db)
        Shell(connection, where=where, history=config.sql_history(), format=format_).run()


def _from_standard_input() -> str:
    try:
        return sys.stdin.buffer.read().decode()
    except UnicodeDecodeError as error:
        raise UsageError(f"standard input, byte {error.start}: not text in UTF-8, as a query must be") from error
