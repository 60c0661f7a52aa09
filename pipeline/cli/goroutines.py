"""heapscape goroutines: what goroutines did with their time, of traces; where they wait and become more, of profiles and dumps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import groupby, islice
from typing import TYPE_CHECKING, Any

import click
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.cli.choices import chosen_traces, no_profile, nothing_fits, parts_of, parts_of_selection
from pipeline.cli.console import answer_lines, say, show, show_query
from pipeline.cli.options import (
    again,
    database_option,
    format_option,
    opened,
    owner_options,
    resource_options,
    selection,
    show_sql_option,
    span_options,
)
from pipeline.errors import UsageError
from pipeline.outputs import goroutine_growth, goroutine_table
from pipeline.warehouse import event_questions, goroutine_questions, questions, trace_questions

if TYPE_CHECKING:
    import duckdb

    from pipeline.values import Result

Row = Mapping[str, Any]

_FETCH = "heapscape collect http://HOST:6060/debug/pprof/goroutine --every 60s --for 10m"
# Kinds of what it asks.
_KINDS = ("trace", "goroutine", "goroutineleak")
_SOURCES = ("trace", "protobuf", "text", "dump", "system")
_VIEWS = (*trace_questions.VIEWS, *goroutine_questions.VIEWS)
# Series that are printed; those that grew least are a count.
_SERIES = 10


@click.command()
@click.argument("inputs", nargs=-1, metavar="[FILE...]")
@click.option(
    "--function",
    metavar="NAME",
    help="Of a trace the goroutines of this entry function, one by one; else those in it or started by it.",
)
@click.option(
    "--trace", "traces", multiple=True, metavar="ID", help="This trace, by id or part of its uri; repeatable."
)
@click.option(
    "--source",
    type=click.Choice(_SOURCES),
    help="Only what tells so: a trace, profiles as protobuf or text, dumps, or dumps with the runtime's own goroutines (SIGQUIT).",
)
@click.option(
    "--stacks",
    is_flag=True,
    help="Of profiles and dumps every stack, and the whole of it; of a trace the stacks at which goroutines blocked, and who woke them.",
)
@owner_options
@span_options
@show_sql_option
@click.option(
    "--limit",
    "-n",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    help="Lines per trace or series in a table.",
)
@database_option
@format_option
@resource_options
def goroutines(
    inputs: tuple[str, ...],
    function: str | None,
    traces: tuple[str, ...],
    source: str | None,
    stacks: bool,
    limit: int,
    show_sql: bool,
    db: str,
    format_: str,
    memory: str,
    threads: int | None,
    **owner: Any,
) -> None:
    """Print where the goroutines of profiles and dumps wait and how many more they become, and what those of a trace did.

    Profiles and dumps: a table for each series, by place, state and, of dumps, the go statement that created them; with the stacks of
    those that leaked as the runtime found, and of those that became more. Protobuf, text and dumps are counted apart.

    Of the newest trace, unless told otherwise, by the function goroutines were started with: running, runnable (waiting for a
    proc), in system calls and waiting add up to the total, the time a goroutine was there. With --stacks by where they blocked, for how
    long and what for, each with those that woke them, and from where.

    With FILEs the question is about them and no database is kept. Where there are both, --format json needs a --source.

    \b
      heapscape goroutines goroutines/*.pb.gz
      heapscape goroutines service.log --stacks
      heapscape goroutines --service checkout --source dump --format json
      heapscape goroutines go.trace --function main.worker
      heapscape goroutines go.trace --stacks -n 5
    """
    picked = selection(traces, kind="trace", **owner)
    with opened(inputs, db, memory=memory, threads=threads, views=_VIEWS) as connection:
        found: Sequence[Row] = []
        if source in (None, "trace"):
            found = chosen_traces(connection, picked, is_all=bool(inputs or traces), is_needed=False)
        told = _told(connection, found, function, stacks=stacks) if found else None
        wakers = _wakers(connection, told.table.to_pylist(), limit=limit) if told and stacks else {}
        wanted = None if source == "trace" or traces else {"source": source, "function": function, **owner}
        counted, others = _places(connection, wanted, is_whole=show_sql or format_ != "table")
        if not found and not (counted and counted.table.num_rows):
            _explain(connection, picked, source=source, function=function)
    counted = None if told and counted and not counted.table.num_rows else counted
    if format_ != "table" or show_sql:
        return _show(told, counted, format="sql" if show_sql else format_)
    text = partial(_text_of_trace, function=function, wakers=wakers if stacks else None, limit=limit)
    _print_series(counted.table.to_pylist() if counted else [], others, limit=limit, all_stacks=stacks)
    return _print_traces(told.table.to_pylist() if told else [], found, text=text)


def _show(told: Result | None, counted: Result | None, *, format: str) -> None:
    """One of two answers, for machines, or its query; raises UsageError when there are both."""
    if told and counted:
        raise UsageError("traces have other columns than profiles and dumps, and there are both; choose with --source")
    found = told or counted
    assert found is not None, "of nothing it was said that there is nothing"
    if format == "sql":
        show_query(found.question)
    else:
        show(found, format=format)


def _places(
    connection: duckdb.DuckDBPyConnection, wanted: Mapping[str, Any] | None, *, is_whole: bool
) -> tuple[Result | None, int]:
    """Places of all series, or of those that a table shows and how many others there are: of a fleet all are more than memory has room for."""
    if wanted is None:
        return None, 0
    if is_whole:
        return goroutine_questions.growth(connection, **wanted), 0
    return goroutine_questions.top_growth(connection, _SERIES, **wanted)


def _told(
    connection: duckdb.DuckDBPyConnection, traces: Sequence[Row], function: str | None, *, stacks: bool
) -> Result:
    """What the goroutines of some traces did, grouped, or one by one those of a function; or where they blocked."""
    ids = [trace["profile_id"] for trace in traces]
    named = "" if function == goroutine_table.NO_STACK else function
    if stacks:
        answer = trace_questions.blocked(connection, ids, named)
    elif named is None:
        return trace_questions.goroutine_groups(connection, ids)
    else:
        answer = trace_questions.goroutines(connection, ids, named)
    if not answer.table.num_rows:
        say(f"no goroutine of this function; see which there are with: heapscape goroutines{again()}")
    return answer


def _wakers(connection: duckdb.DuckDBPyConnection, rows: Sequence[Row], *, limit: int) -> Mapping[int, Sequence[Row]]:
    """The frames of the stacks that woke those that are printed."""
    by_trace = groupby(rows, key=lambda row: row["trace_id"])
    printed = [row for _, own in by_trace for row in islice(own, limit)]
    return event_questions.go_frames(
        connection, {waker["stack_id"] for row in printed for waker in row["wakers"] if waker["stack_id"] is not None}
    )


def _text_of_trace(
    trace: Row,
    rows: Sequence[Row],
    *,
    function: str | None,
    wakers: Mapping[int, Sequence[Row]] | None,
    limit: int,
) -> str:
    """Where its goroutines blocked, when the stacks that woke them are given; else groups of them, or those of a function."""
    if wakers is not None:
        return goroutine_table.blocked(trace, rows, stacks=wakers, limit=limit)
    return (goroutine_table.groups if function is None else goroutine_table.goroutines)(trace, rows, limit=limit)


def _print_traces(rows: Sequence[Row], traces: Sequence[Row], *, text: Callable[[Row, Sequence[Row]], str]) -> None:
    for trace in traces:
        if own := [row for row in rows if row["trace_id"] == trace["profile_id"]]:
            answer_lines(text(trace, own))


def _print_series(rows: Sequence[Row], others: int, *, limit: int, all_stacks: bool) -> None:
    for _, own in groupby(rows, key=lambda row: (row["series_id"], row["source"])):
        answer_lines(goroutine_growth.text(list(own), limit=limit, all_stacks=all_stacks))
    if others:
        say(f"and {others:,} series that grew less; choose with --service, --instance, --build, --source")


def _explain(
    connection: duckdb.DuckDBPyConnection, picked: questions.Selection, *, source: str | None, function: str | None
) -> None:
    """Raises UsageError for what there is nothing of; a function that no goroutine is in is an answer."""
    traces = questions.profiles(connection, questions.Selection(kind="trace")).table.num_rows
    owner: dict[str, Any] = {"service": picked.service, "instance": picked.instance, "build": picked.build}
    of_any = partial(goroutine_questions.top_growth, connection, 1, since=picked.since, until=picked.until)
    if function and of_any(source=source, **owner)[0].table.num_rows:
        say(f"no goroutine of this function; see which there are with: heapscape goroutines{again()}")
        return
    if picked.is_of_a_span:
        every = questions.profiles(connection, questions.Selection()).table
        every = every.filter(pc.is_in(every["kind"], pa.array(_KINDS)))
        noun = "trace, goroutine profile or dump"
        plural = "traces, goroutine profiles and dumps"
        raise UsageError(nothing_fits(every, parts_of_selection(replace(picked, kind=None)), noun=noun, plural=plural))
    if traces and (picked.profiles or source == "trace"):
        raise no_profile(connection, picked, option="--trace")
    counted = goroutine_questions.series(connection).table.select(["service", "instance", "build", "source"])
    if traces or counted.num_rows:
        parts = parts_of(service=picked.service, instance=picked.instance, build=picked.build, source=source)
        told = questions.profiles(connection, questions.Selection(kind="trace")).table
        told = told.select(["service", "instance", "build"]).append_column("source", pa.array(["trace"] * traces))
        every = pa.concat_tables([told, counted.cast(told.schema)])
        noun = "series of goroutines"
        raise UsageError(nothing_fits(every, parts, noun=noun, plural="traces and series of goroutines"))
    raise UsageError(
        f"there is no trace, goroutine profile or dump; fetch some with: {_FETCH}; then: heapscape goroutines"
    )
