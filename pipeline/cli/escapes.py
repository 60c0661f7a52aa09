"""heapscape escapes: what the compiler said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pipeline import flow
from pipeline.cli.console import answer, say, show
from pipeline.cli.options import database_option, format_option, resource_options
from pipeline.warehouse import questions

if TYPE_CHECKING:
    import duckdb

# Files that are named when none fits.
_NAMED = 5


@click.command()
@click.argument("place", default="", metavar="[FILE[:LINE]]")
@click.option("--service", metavar="SERVICE", help="Only this service.")
@click.option("--build", metavar="BUILD", help="Only this build.")
@click.option("--package", metavar="PATH", help="Only this package.")
@click.option("--all", "all_kinds", is_flag=True, help="What stays on the stack and what parameters leak, too.")
@click.option("--flow", "with_flow", is_flag=True, help="The compiler's explanation, step by step.")
@database_option
@format_option
@resource_options
def escapes(
    place: str,
    service: str | None,
    build: str | None,
    package: str | None,
    all_kinds: bool,
    with_flow: bool,
    db: str,
    format_: str,
    memory: str,
    threads: int | None,
) -> None:
    """List what the compiler put on the heap, and why.

    \b
      heapscape escapes store/cache.go:21 --flow
      heapscape escapes --package example.com/checkout/store --all
    """
    with flow.open_warehouse(db, threads=threads, memory=memory) as connection:
        sites = questions.escapes(
            connection, service=service, build=build, package=package, place=place, all_kinds=all_kinds
        )
        steps = questions.flow_of(connection, sites.table["escape_site_id"].to_pylist()) if with_flow else None
        if not sites.table.num_rows:
            say(f"{place or 'this choice'}: no verdict fits; {_what_there_is(connection, all_kinds=all_kinds)}")
    if format_ == "table" and not sites.table.num_rows:
        return
    if steps is None:
        show(sites, format=format_)
        return
    if format_ != "table":
        show(steps, format=format_)
        return
    explained = steps.table.to_pylist()
    for site in sites.table.to_pylist():
        answer(f"{site['file']}:{site['line']}:{site['column']}: {site['reason']}")
        for step in explained:
            if (step["escape_site_id"], step["build"]) == (site["escape_site_id"], site["build"]):
                at = f" at {step['file']}:{step['line']}" if step["file"] else ""
                answer(f"    {step['to']} ← {step['from']}: {step['expression']} ({step['operation']}){at}")


def _what_there_is(connection: duckdb.DuckDBPyConnection, *, all_kinds: bool) -> str:
    """The files that have verdicts, the first few by name."""
    every = questions.escapes(connection, service=None, build=None, package=None, place="", all_kinds=all_kinds)
    files = every.table["file"].unique().sort().to_pylist()
    if not files:
        return "there is no escape report; make one with: go build -gcflags=-m=2 ./... 2> escape.txt"
    more = f" and {len(files) - _NAMED:,} more" if len(files) > _NAMED else ""
    return f"there are verdicts of {', '.join(files[:_NAMED])}{more}" + ("" if all_kinds else "; --all has others too")
