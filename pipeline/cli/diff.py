"""heapscape diff: one profile against another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli.choices import no_growth, of_input, say_series
from pipeline.cli.console import deliver, show_query
from pipeline.cli.flame import unit_of
from pipeline.cli.options import (
    Output,
    database_option,
    format_option,
    opened,
    resource_options,
    selection,
    selection_options,
    show_sql_option,
)
from pipeline.cli.profiles import Chosen, choose, loaded, prepared, query_of
from pipeline.cli.top import pprof_options, show_top
from pipeline.errors import UsageError
from pipeline.outputs import flamegraph
from pipeline.outputs.pprof.fetched import fetched
from pipeline.outputs.pprof.reports import REPORTS
from pipeline.outputs.pprof.settings import Settings
from pipeline.warehouse import questions
from pipeline.warehouse.inventory_questions import PROFILES

if TYPE_CHECKING:
    import duckdb


@click.command()
@click.argument("inputs", nargs=-1, metavar="[BASE PROFILE]")
@click.option(
    "--base",
    "bases",
    multiple=True,
    metavar="ID",
    help="The profile before, by id or part of its uri; repeat to add up.",
)
@pprof_options("nodecount")
@click.option("--html", metavar="FILE.html", type=Output(), help="Write the difference as a flame graph.")
@selection_options
@show_sql_option
@database_option
@format_option
@resource_options
def diff(
    inputs: tuple[str, ...],
    bases: tuple[str, ...],
    settings: Settings,
    profiles: tuple[str, ...],
    merge: bool,
    html: str | None,
    show_sql: bool,
    db: str,
    format_: str,
    memory: str,
    threads: int | None,
    **chosen: Any,
) -> None:
    """Print what changed between two profiles, as `go tool pprof -top -diff_base` does.

    Without --base and --profile it is the first and the last profile of the series that grew most.

    \b
      heapscape diff --service checkout
      heapscape diff before.pb.gz after.pb.gz
      heapscape diff --base heap-00 --profile heap-12 --html diff.html
    """
    if inputs and len(inputs) != 2:
        raise UsageError(f"{len(inputs)} inputs; give the profile before and the profile after")
    with opened(
        inputs, db, memory=memory, threads=threads, views=(*(questions.FLAMES if html else questions.STACKS), *PROFILES)
    ) as connection:
        bases, profiles = _sides(connection, inputs, bases, profiles, chosen=chosen, merge=merge)
        index = settings.sample_index
        before = choose(connection, selection(bases, **chosen), sample_index=index, merge=merge, option="--base")
        after = choose(connection, selection(profiles, **chosen), sample_index=index, merge=merge, base=before)
        if show_sql:
            show_query(query_of(after, settings, base=before.ids))
            return
        if html:
            rows = questions.diff(connection, before.ids, after.ids, after.sample_type)
            found = None
        else:
            found = [loaded(connection, one.profiles) for one in (after, before)]
    if found is None and html:
        title = _title(before, after)
        deliver(flamegraph.page(rows, title=title, unit=unit_of(after), sample_type=after.sample_type), html)
    elif found is not None:
        profile = fetched(*found, is_diff=True)
        settings = replace(settings, sample_index=after.sample_type)
        show_top(prepared(profile, settings, kind=REPORTS["top"].kind), format=format_)


def _sides(
    connection: duckdb.DuckDBPyConnection,
    inputs: tuple[str, ...],
    bases: tuple[str, ...],
    profiles: tuple[str, ...],
    *,
    chosen: Mapping[str, Any],
    merge: bool,
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What stands before and what after: two inputs, the named profiles, or the ends of the series that grew most."""
    if inputs:
        before, after = (of_input(connection, one, merge=merge) for one in inputs)
        return before, after
    if not bases and not profiles:
        return _ends(connection, selection((), **chosen))
    if not bases or not profiles:
        raise UsageError("give both --base and --profile, or neither")
    return bases, profiles


def _ends(
    connection: duckdb.DuckDBPyConnection, chosen: questions.Selection
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if chosen.kind not in (None, "heap"):
        raise UsageError(
            f"only heap profiles have a first and a last; name two of kind {chosen.kind} with --base and --profile"
        )
    found = questions.series(connection, chosen).table.to_pylist()
    if not found:
        raise UsageError(f"{no_growth(connection, chosen)}; or name two profiles with --base and --profile")
    say_series(connection, found[0], of=len(found))
    return (str(found[0]["first_profile_id"]),), (str(found[0]["last_profile_id"]),)


def _title(before: Chosen, after: Chosen) -> str:
    return f"{before.profiles[0]['uri']} → {after.profiles[-1]['uri']}"
