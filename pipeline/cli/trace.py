"""heapscape trace: the tables of execution traces."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import click

from pipeline.cli.choices import chosen_traces
from pipeline.cli.console import answer_lines, say, show, show_query
from pipeline.cli.options import (
    Moment,
    database_option,
    format_option,
    opened,
    owner_options,
    resource_options,
    selection,
    show_sql_option,
    span_options,
)
from pipeline.cli.spelling import Spelling
from pipeline.errors import QueryError, UsageError
from pipeline.outputs import trace_tables
from pipeline.warehouse import trace_table_questions as asked

if TYPE_CHECKING:
    import duckdb

    from pipeline.values import Result

_Command = TypeVar("_Command", bound=Callable[..., Any])
_Ask = Callable[["duckdb.DuckDBPyConnection", Sequence[int]], "Result"]
_WINDOWS_NS = tuple(width * 10**power for power in (5, 6, 7, 8, 9) for width in (1, 3))


def _of_traces(command: _Command) -> _Command:
    """Which traces, and how to print."""
    command = show_sql_option(resource_options(format_option(database_option(owner_options(span_options(command))))))
    command = click.option(
        "--limit", "-n", type=click.IntRange(min=1), default=20, show_default=True, help="Lines per trace in a table."
    )(command)
    command = click.option(
        "--trace", "traces", multiple=True, metavar="ID", help="This trace, by id or part of its uri; repeatable."
    )(command)
    return click.argument("inputs", nargs=-1, metavar="[FILE...]")(command)


@click.group(cls=Spelling)
def trace() -> None:
    """Print the tables of execution traces: tasks, regions, log messages, waits for a proc, blocking, procs, MMU.

    Of the newest trace, unless told otherwise; with FILEs of them, and no database is kept. Numbers are those of the pages that
    `go tool trace` serves. See also: heapscape goroutines, events, gc.

    \b
      heapscape trace latency go.trace
      heapscape trace tasks --service checkout
    """


@trace.command()
@click.option("--type", "type_", metavar="NAME", help="The tasks of this type one by one, the slowest first.")
@_of_traces
def tasks(type_: str | None, **options: Any) -> None:
    """Print user tasks by type: how many, how long, and a histogram of that.

    \b
      heapscape trace tasks go.trace
      heapscape trace tasks go.trace --type order
    """
    if type_ is None:
        _answer("tasks", asked.task_types, **options)
        return
    _answer("tasks of a type", partial(asked.tasks, name=type_), views="tasks", **options)


@trace.command()
@_of_traces
def regions(**options: Any) -> None:
    """Print user regions by name and where their goroutine began: how many, how long, and a histogram of that.

    \b
      heapscape trace regions go.trace
    """
    _answer("regions", asked.region_types, **options)


@trace.command()
@click.option(
    "--match", "pattern", metavar="REGEX", default="", help="Only messages of which category or text match this."
)
@_of_traces
def logs(pattern: str, **options: Any) -> None:
    """Print messages of runtime/trace.Log, in the order in which they were written; times are seconds since the trace began.

    \b
      heapscape trace logs go.trace --match 'paid|refused'
    """

    def matching(connection: duckdb.DuckDBPyConnection, traces: Sequence[int]) -> Result:
        try:
            return asked.logs(connection, traces, pattern)
        except QueryError as error:
            reason = str(error).rpartition("Error: ")[2]
            raise UsageError(f"--match {pattern}: is no regular expression: {reason}") from error

    _answer("logs", matching, **options)


@trace.command()
@_of_traces
def latency(**options: Any) -> None:
    """Print how long goroutines waited for a proc when they could run, by the function they were started with.

    \b
      heapscape trace latency go.trace
    """
    _answer("latency", asked.latency, **options)


@trace.command()
@click.option(
    "--kind",
    "kinds",
    type=click.Choice(asked.KINDS),
    multiple=True,
    help="Only this kind; repeatable. A select is of kind sync too.",
)
@_of_traces
def blocking(kinds: tuple[str, ...], **options: Any) -> None:
    """Print how long goroutines were blocked by function, in it and in what it called, as `go tool trace -pprof=KIND` counts.

    \b
      heapscape trace blocking go.trace --kind sync
      heapscape flame --kind trace -sample_index=sync_delay --output sync.html
    """
    _answer("blocking", partial(asked.blocking, kinds=kinds), **options)


@trace.command()
@click.option(
    "--window", "windows", type=Moment(), multiple=True, metavar="TIME", help="A window, such as 10ms; repeatable."
)
@_of_traces
def mmu(windows: tuple[int, ...], **options: Any) -> None:
    """Print minimum mutator utilisation: the least share of the procs that the GC left to the program in any time so long.

    The last column is what the page of `go tool trace` says, which counts GC workers on when they are labelled twice.

    \b
      heapscape trace mmu go.trace
      heapscape trace mmu go.trace --window 1ms --window 20ms
    """
    if 0 in windows:
        raise UsageError("--window 0 has no length; name a time such as 10ms")
    _answer("mmu", partial(asked.mmu, windows_ns=windows or _WINDOWS_NS), **options)


@trace.command()
@_of_traces
def procs(**options: Any) -> None:
    """Print what procs did: executed goroutines, were held in system calls, did something else, or were idle.

    Executing, syscall and other add up to running; other is the scheduler that looks for work, and the GC.

    \b
      heapscape trace procs go.trace
    """
    _answer("procs", asked.procs, **options)


def _answer(
    name: str,
    ask: _Ask,
    *,
    inputs: tuple[str, ...],
    traces: tuple[str, ...],
    limit: int,
    show_sql: bool,
    db: str,
    format_: str,
    memory: str,
    threads: int | None,
    views: str | None = None,
    **owner: Any,
) -> None:
    picked = selection(traces, kind="trace", **owner)
    with opened(inputs, db, memory=memory, threads=threads, views=asked.VIEWS[views or name]) as connection:
        found = chosen_traces(connection, picked, is_all=bool(inputs or traces))
        answer = ask(connection, [one["profile_id"] for one in found])
    if show_sql:
        show_query(answer.question)
        return
    if format_ != "table":
        show(answer, format=format_)
        return
    rows = answer.table.to_pylist()
    for one in found:
        if own := [row for row in rows if row["trace_id"] == one["profile_id"]]:
            answer_lines(trace_tables.text(name, one, own, limit=limit))
    if not rows:
        say(f"there is nothing of this in {'the trace' if len(found) == 1 else f'{len(found):,} traces'}")
