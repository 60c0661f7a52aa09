"""heapscape list: functions line by line, with what each line weighs and what the compiler said of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from pipeline.cli.console import answer_lines, say, show
from pipeline.cli.options import (
    database_option,
    format_option,
    merge_option,
    opened,
    resource_options,
    selection,
    selection_options,
)
from pipeline.cli.pprof_options import settings_options
from pipeline.cli.profiles import choose_profiles, loaded, prepared
from pipeline.outputs.pprof.fetched import fetched
from pipeline.outputs.pprof.report import Report
from pipeline.outputs.pprof.reports import REPORTS
from pipeline.outputs.pprof.settings import Settings
from pipeline.outputs.pprof.source import reader, routines
from pipeline.outputs.pprof.verdicts import Verdicts, annotated, owner_name, table, verdicts_of
from pipeline.warehouse import listing_questions

if TYPE_CHECKING:
    import duckdb

# Not those that trim a graph: a listing shows all of what it shows.
_SETTINGS = (
    "sample_index",
    "inuse_space",
    "inuse_objects",
    "alloc_space",
    "alloc_objects",
    "unit",
    "focus",
    "ignore",
    "hide",
    "show",
    "show_from",
    "tagfocus",
    "tagignore",
    "noinlines",
    "relative_percentages",
    "source_path",
    "trim_path",
)


@click.command("list")
@click.argument("pattern", metavar="REGEX")
@click.argument("inputs", nargs=-1, metavar="[INPUT...]")
@click.option(
    "--why", "is_explained", is_flag=True, help="Say of what is on the heap why, by the compiler's own steps."
)
@click.option(
    "--profile",
    "profiles",
    multiple=True,
    metavar="ID",
    help="This profile, by id or part of its uri; repeat to add up.",
)
@merge_option
@settings_options(only=_SETTINGS)
@selection_options
@database_option
@format_option
@resource_options
def listing(
    pattern: str,
    inputs: tuple[str, ...],
    is_explained: bool,
    profiles: tuple[str, ...],
    merge: bool,
    settings: Settings,
    db: str,
    format_: str,
    memory: str,
    threads: int | None,
    **chosen: str | None,
) -> None:
    """Print the source of functions that match REGEX, with what each line weighs and what the compiler said of it.

    Flat and cum are those of `go tool pprof -list`; the verdicts are those of the escape reports of the same service and build.
    With several builds a verdict says whose it is, unless it is everybody's. Source is looked for as pprof does it: in the
    folder you are in or in -source_path, and where the profile says; without it lines have numbers and verdicts alone.

    \b
      heapscape list 'store.*Put' -source_path=$HOME/src/checkout
      heapscape list Put heap.pb.gz escape.txt -alloc_space
      heapscape list main.grow --why --service checkout --build 1.4.2
    """
    with opened(inputs, db, memory=memory, threads=threads, views=listing_questions.LISTINGS) as connection:
        picked = choose_profiles(connection, selection(profiles, **chosen), is_all=bool(inputs), merge=merge)
        ids = [one["profile_id"] for one in picked]
        found = loaded(connection, picked)
        report = prepared(fetched(found), settings, kind=REPORTS["list"].kind, pattern=pattern)
        listed = routines(report, read=reader(report).lines)
        verdicts = _verdicts(connection, report, ids)
    if missing := {routine.file for routine in listed if routine.missing}:
        files = "1 file is" if len(missing) == 1 else f"{len(missing):,} files are"
        say(f"{files} not at hand; name the folder of the sources with -source_path")
    if format_ != "table":
        show(table(report, listed, verdicts), format=format_)
        return
    answer_lines(annotated(report, listed, verdicts, is_explained=is_explained))


def _verdicts(connection: duckdb.DuckDBPyConnection, report: Report, ids: Sequence[int]) -> Verdicts:
    """What the compiler said; says which builds it is of, and of which there is no report."""
    owners = listing_questions.owners(connection, ids).table.to_pylist()
    told = [(one["service"], one["build"]) for one in owners if one["has_report"]]
    missing = [(one["service"], one["build"]) for one in owners if not one["has_report"]]
    if missing:
        whose = ", ".join(owner_name(one) for one in missing if any(one))
        say(
            f"there is no escape report{whose and f' of {whose}'}, and so no verdict; make one with:"
            " go build -gcflags=all=-m=2 ./... 2> escape.txt"
        )
    if len(told) > 1:
        say(f"verdicts are of {', '.join(map(owner_name, told))}; one that names none is of all of them")
    rows = listing_questions.verdicts(connection, ids, report.pattern).table.to_pylist() if told else []
    return verdicts_of(report, rows, owners=told)
