"""heapscape events: what happened in a trace, event by event."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pipeline.cli.choices import chosen_traces
from pipeline.cli.console import answer_exactly, show_answer, show_query
from pipeline.cli.options import (
    Moment,
    database_option,
    format_option,
    opened,
    owner_options,
    resource_options,
    selection,
    show_sql_option,
)
from pipeline.errors import UsageError
from pipeline.warehouse import event_questions
from pipeline.warehouse.event_questions import KINDS, Wanted

if TYPE_CHECKING:
    import duckdb


@click.command()
@click.argument("inputs", nargs=-1, metavar="[FILE...]")
@click.option("--trace", "traces", multiple=True, metavar="ID", help="This trace, by id or part of its uri.")
@click.option(
    "--from",
    "since",
    type=Moment(),
    metavar="TIME",
    default="0",
    help="Events from then on: the time since the trace's first event, such as 10ms, 1.5s, 250us.",
)
@click.option("--to", "until", type=Moment(), metavar="TIME", help="Events before then; without it to the trace's end.")
@click.option(
    "--goroutine",
    type=click.IntRange(min=0),
    metavar="N",
    help="Only events of this goroutine: that happened on it, or to it.",
)
@click.option(
    "--kind",
    "kinds",
    type=click.Choice(KINDS, case_sensitive=False),
    multiple=True,
    help="Only events of this kind; repeatable.",
)
@owner_options
@database_option
@format_option
@show_sql_option
@resource_options
def events(
    inputs: tuple[str, ...],
    traces: tuple[str, ...],
    since: int,
    until: int | None,
    goroutine: int | None,
    kinds: tuple[str, ...],
    db: str,
    format_: str,
    show_sql: bool,
    memory: str,
    threads: int | None,
    **owner: str | None,
) -> None:
    """Print what happened in a trace, event by event, as `go tool trace -d=parsed` does.

    Any part of a trace, in bounded memory; of the newest one, unless told otherwise. Lines and stacks are the tool's, but for what the tables do not have. A ? stands for
    a thread or proc that they do not keep: of annotations, metrics, labels and ranges the thread, of annotations and ranges
    the proc, of procs that stop the proc that told. RangeActive, Experimental (see heap_object, heap_span and
    goroutine_stack) and the Sync at the very end are not printed. Other formats than table print rows of sched.event.

    \b
      heapscape events go.trace --from 10ms --to 20ms
      heapscape events --trace checkout --goroutine 18 --kind StateTransition
      heapscape events --kind Log --format ndjson
    """
    if until is not None and until <= since:
        raise UsageError("--to is not behind --from, so no event lies between them; both count from the trace's start")
    picked = selection(traces, kind="trace", **owner)
    with opened(inputs, db, memory=memory, threads=threads, views=event_questions.VIEWS) as connection:
        found = chosen_traces(connection, picked, is_all=bool(inputs))
        if len(found) > 1:
            names = ", ".join(str(trace["uri"]) for trace in found[:3])
            raise UsageError(
                f"there are {len(found):,} traces ({names} ...), and events are of one; name it with --trace"
            )
        wanted = Wanted(found[0]["profile_id"], since, until, goroutine, tuple(kinds))
        if show_sql:
            show_query(event_questions.whole(connection, wanted))
        elif format_ == "table":
            _print(connection, wanted)
        else:
            show_answer(event_questions.events(connection, wanted), format=format_)


def _print(connection: duckdb.DuckDBPyConnection, wanted: Wanted) -> None:
    """As they are read; texts of stacks are kept, for events share them."""
    from pipeline.outputs import event_text

    stacks: dict[int, str] = {}
    for table in event_questions.lines(connection, wanted):
        ids = {*table["stack_id"].unique().to_pylist(), *table["transition_stack_id"].unique().to_pylist()}
        fresh = {one for one in ids if one is not None and one not in stacks}
        frames = event_questions.go_frames(connection, fresh) if fresh else {}
        stacks |= {one: event_text.stack_text(frames.get(one, ())) for one in fresh}
        answer_exactly(event_text.text(table, stacks))
