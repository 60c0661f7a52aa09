"""heapscape goroutines: what the goroutines of a trace did with their time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from pipeline.cli.console import answer_lines, say, show
from pipeline.cli.options import database_option, format_option, opened, owner_options, resource_options, selection
from pipeline.cli.profiles import check_named
from pipeline.errors import UsageError
from pipeline.outputs import goroutine_table
from pipeline.warehouse import questions, trace_questions

if TYPE_CHECKING:
    import duckdb

_RECORD = "curl -o go.trace 'http://HOST:6060/debug/pprof/trace?seconds=5'"


@click.command()
@click.argument("inputs", nargs=-1, metavar="[TRACE...]")
@click.option("--function", metavar="NAME", help="The goroutines of this entry function, one by one.")
@click.option(
    "--trace", "traces", multiple=True, metavar="ID", help="This trace, by id or part of its uri; repeatable."
)
@owner_options
@click.option(
    "--limit", "-n", type=click.IntRange(min=1), default=20, show_default=True, help="Lines per trace in a table."
)
@database_option
@format_option
@resource_options
def goroutines(
    inputs: tuple[str, ...],
    function: str | None,
    traces: tuple[str, ...],
    limit: int,
    db: str,
    format_: str,
    memory: str,
    threads: int | None,
    **chosen: str | None,
) -> None:
    """Print what the goroutines of an execution trace did with their time, by the function they were started with.

    Running, runnable (waiting for a proc), in system calls and waiting add up to the total, the time a goroutine
    was there. Of the newest trace, unless told otherwise. With TRACEs the question is about them and no database
    is kept.

    \b
      heapscape goroutines go.trace
      heapscape goroutines --function main.worker
      heapscape goroutines --service checkout --format json
    """
    picked = selection(traces, kind="trace", **chosen)
    with opened(inputs, db, memory=memory, threads=threads, views=trace_questions.VIEWS) as connection:
        found = _choose(connection, picked, is_all=bool(inputs or traces))
        ids = [trace["profile_id"] for trace in found]
        if function is None:
            answer = trace_questions.goroutine_groups(connection, ids)
        else:
            name = "" if function == goroutine_table.NO_STACK else function
            answer = trace_questions.goroutines(connection, ids, name)
    if not answer.table.num_rows:
        say("no goroutine of this function; see which there are with: heapscape goroutines")
    if format_ != "table":
        show(answer, format=format_)
        return
    text = goroutine_table.groups if function is None else goroutine_table.goroutines
    rows = answer.table.to_pylist()
    for trace in found:
        if own := [row for row in rows if row["trace_id"] == trace["profile_id"]]:
            answer_lines(text(trace, own, limit=limit))


def _choose(
    connection: duckdb.DuckDBPyConnection, picked: questions.Selection, *, is_all: bool
) -> list[dict[str, Any]]:
    """The newest trace that fits, or all of them; raises UsageError when there is none."""
    found: list[dict[str, Any]] = questions.profiles(connection, picked).table.to_pylist()
    if not found and not questions.profiles(connection, questions.Selection(kind="trace")).table.num_rows:
        raise UsageError(f"there is no execution trace; record one with: {_RECORD}; then: heapscape ingest go.trace")
    if not found:
        raise UsageError(
            'no trace fits; see which there are with: heapscape sql "FROM trace JOIN source USING (source_id)"'
        )
    check_named(picked.profiles, found, option="--trace")
    if not is_all and len(found) > 1:
        say(f"{found[-1]['uri']}, the newest of {len(found):,} traces; choose with --trace, --service, --build ...")
    return found if is_all else found[-1:]
