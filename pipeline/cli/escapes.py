"""heapscape escapes: what the compiler said."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click
import pyarrow.compute as pc

from pipeline import flow
from pipeline.cli.choices import no_growth, nothing_fits, parts_of, require_reports
from pipeline.cli.console import answer_lines, say, show, show_query
from pipeline.cli.options import database_option, format_option, resource_options, show_sql_option
from pipeline.errors import UsageError
from pipeline.outputs import escape_tree, level_text
from pipeline.text import printable
from pipeline.warehouse import escape_questions
from pipeline.warehouse.questions import Selection

if TYPE_CHECKING:
    import duckdb

    from pipeline.values import Result

# What makes a verdict one, and how certain it is.
_VERDICT = ["escape_site_id", "service", "build", "certainty"]
_ASSUMED = (
    "saved: were it on the stack, all else as it is, and the heap let double between collections (GOGC=100); "
    "a memory limit makes it more, a heap below 4 MiB less"
)
# In the place of a format: the query.
_SQL = "sql"
# Files that are named when none fits.
_NAMED = 5
_WEIGHTS = {
    "growth": "bytes gained from first to last profile",
    "live": "bytes live in the last profile",
    "alloc": "bytes allocated since the start",
}


def _place(context: click.Context, parameter: click.Parameter, place: str) -> str:
    """The end of a place; an input, which other commands take there, is none."""
    if os.path.isfile(place) and not place.endswith(".go"):
        raise UsageError(
            f"{printable(place)}: it is an input, and escapes asks a database about places such as store/cache.go:21; "
            f"put it in with: heapscape run {printable(place)}"
        )
    return place


@click.command()
@click.argument("place", default="", metavar="[FILE[:LINE]]", callback=_place)
@click.option("--service", metavar="SERVICE", help="Only this service.")
@click.option("--build", metavar="BUILD", help="Only this build.")
@click.option("--package", metavar="PATH", help="Only this package.")
@click.option("--all", "all_kinds", is_flag=True, help="What stays on the stack and what parameters leak, too.")
@click.option("--flow", "with_flow", is_flag=True, help="The compiler's explanation, step by step.")
@click.option(
    "--diff",
    "builds",
    nargs=2,
    metavar="BEFORE AFTER",
    help="What differs between two builds: escapes added, removed, moved to another line, and what they cost.",
)
@click.option(
    "--tree",
    "weight",
    type=click.Choice(("growth", "live", "alloc")),
    help="Packages, what they allocate and the flow that makes it escape, weighted by bytes that were gained, are live or were allocated.",
)
@click.option(
    "--level",
    "with_level",
    is_flag=True,
    help="Whether it is certain to be on the heap or something decides, what it costs and what the stack would save.",
)
@click.option(
    "--limit", "-n", type=click.IntRange(min=1), default=100, show_default=True, help="Lines of --tree and of --level."
)
@show_sql_option
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
    builds: tuple[str, str] | None,
    weight: str | None,
    with_level: bool,
    limit: int,
    show_sql: bool,
    db: str,
    format_: str,
    memory: str,
    threads: int | None,
) -> None:
    """List what the compiler put on the heap, and why.

    \b
      heapscape escapes store/cache.go:21 --flow
      heapscape escapes --diff 1.4.1 1.4.2
      heapscape escapes --tree growth --service checkout
      heapscape escapes --level --build 1.4.2
    """
    where, format_ = {"service": service, "build": build, "package": package}, _SQL if show_sql else format_
    if with_level:
        if weight or builds or with_flow:
            raise UsageError("--level is a table of its own; leave out --tree, --diff and --flow")
        with flow.open_warehouse(db, threads=threads, memory=memory) as connection:
            found = escape_questions.levels(connection, place=place, all_kinds=all_kinds, **where)
            _say_if_none(connection, found, where, place=place, all_kinds=all_kinds)
        _levels(found, limit=limit, format_=format_)
    elif weight:
        if place or builds or all_kinds or with_flow:
            raise UsageError("--tree draws all places with their flow; leave out FILE, --diff, --all and --flow")
        with flow.open_warehouse(db, threads=threads, memory=memory) as connection:
            _tree(connection, weight, limit=limit, format_=format_, **where)
    elif builds:
        if build or all_kinds or with_flow:
            raise UsageError("--diff names its builds and tells escapes alone; leave out --build, --all and --flow")
        with flow.open_warehouse(db, threads=threads, memory=memory) as connection:
            _diff(connection, builds, service=service, package=package, place=place, format_=format_)
    else:
        with flow.open_warehouse(db, threads=threads, memory=memory) as connection:
            sites = escape_questions.escapes(connection, place=place, all_kinds=all_kinds, **where)
            ids = sites.table["escape_site_id"].to_pylist()
            steps = escape_questions.flow_of(connection, ids) if with_flow else None
            _say_if_none(connection, sites, where, place=place, all_kinds=all_kinds)
        _list(sites, steps, format_=format_)


def _list(sites: Result, steps: Result | None, *, format_: str) -> None:
    """Show verdicts as the compiler prints them, one a line, with its explanation below where that is asked for."""
    if format_ == _SQL:
        show_query((steps or sites).question)
        return
    if format_ != "table":
        show(steps or sites, format=format_)
        return
    explained: dict[tuple[object, ...], list[str]] = {}
    for step in steps.table.to_pylist() if steps else ():
        at = f" at {step['file']}:{step['line']}" if step["file"] else ""
        told = f"    {step['to']} ← {step['from']}: {step['expression']} ({step['operation']}){at}"
        explained.setdefault(_key(step), []).append(printable(told))
    owned: dict[str, list[str]] = {}
    for site in sites.table.to_pylist():
        lines = owned.setdefault(_owner(site), [])
        lines.append(printable(f"{site['file']}:{site['line']}:{site['column']}: {site['reason']}"))
        lines += explained.get(_key(site), ())
    for owner, lines in owned.items():
        answer_lines("\n".join([f"{printable(owner)}:", *lines] if len(owned) > 1 else lines))


def _levels(found: Result, *, limit: int, format_: str) -> None:
    """Show what is certain and what is not; say how much there is of each, and what savings take for granted."""
    if format_ == _SQL:
        show_query(found.question)
        return
    if format_ != "table":
        show(found, format=format_)
        return
    if not found.table.num_rows:
        return
    verdicts = {tuple(row[key] for key in _VERDICT) for row in found.table.select(_VERDICT).to_pylist()}
    counts = Counter(certainty for *_, certainty in verdicts)
    say(" · ".join(f"{count:,} {certainty}" for certainty, count in counts.most_common()))
    answer_lines("\n".join(level_text.text(found.table.slice(0, limit).to_pylist())))
    if found.table.num_rows > limit:
        say(f"{found.table.num_rows - limit:,} more rows: --limit {found.table.num_rows}")
    say(_ASSUMED)


def _key(row: Mapping[str, Any]) -> tuple[object, ...]:
    return tuple(row[name] for name in ("service", "build", "escape_site_id"))


def _owner(row: Mapping[str, Any]) -> str:
    """Whose verdict it is, where there are several reports."""
    named = [row["service"], row["build"] and f"build {row['build']}"]
    return " · ".join(part for part in named if part) or "no service or build"


def _diff(
    connection: duckdb.DuckDBPyConnection,
    builds: tuple[str, str],
    *,
    service: str | None,
    package: str | None,
    place: str,
    format_: str,
) -> None:
    """Show what differs; say how much of it there is, or that it is nothing."""
    require_reports(connection, builds)
    found = escape_questions.differences(connection, *builds, service=service, package=package, place=place)
    if format_ == _SQL:
        show_query(found.question)
        return
    changes = Counter(found.table["change"].to_pylist())
    told = " · ".join(f"{changes[change]:,} {change}" for change in ("added", "removed", "moved") if changes[change])
    if not told:
        where = {"service": service, "build": None, "package": package}
        stay = escape_questions.escapes(connection, place=place, all_kinds=True, **where)
        _say_if_none(connection, stay, where, place=place, all_kinds=True)
    say(f"{builds[0]} → {builds[1]}: {told or 'no escape differs'}")
    if found.table.num_rows or format_ != "table":
        show(found, format=format_)


def _tree(
    connection: duckdb.DuckDBPyConnection,
    weight: str,
    *,
    limit: int,
    format_: str,
    service: str | None,
    build: str | None,
    package: str | None,
) -> None:
    """Draw the tree, or say why there is none."""
    found = escape_questions.tree(connection, weight, service=service, build=build, package=package)
    if format_ == _SQL:
        show_query(found.question)
        return
    rows = found.table.to_pylist()
    if not rows or not rows[0]["value"]:
        # Raises for a choice that fits no series.
        no_growth(connection, Selection(service=service, build=build))
        say(
            "nothing of this choice grew; --tree live and --tree alloc weigh what one profile tells"
            if weight == "growth"
            else "no heap profile of this choice has bytes; see which there are with: heapscape growth"
        )
    if format_ != "table":
        show(found, format=format_)
    elif rows and rows[0]["value"]:
        named = [service, build and f"build {build}", None if package else _WEIGHTS[weight]]
        title = " · ".join(part for part in named if part)
        answer_lines(escape_tree.text(rows, title=package or title, limit=limit))


def _say_if_none(
    connection: duckdb.DuckDBPyConnection,
    found: Result,
    where: Mapping[str, str | None],
    *,
    place: str,
    all_kinds: bool,
) -> None:
    """Say that a line has no verdict; raises UsageError for a choice that fits none, with the part that does not, and what there is."""
    if found.table.num_rows:
        return
    every = escape_questions.escapes(
        connection, service=None, build=None, package=None, place="", all_kinds=all_kinds
    ).table
    others = "" if all_kinds else "; --all has others too"
    if not every.num_rows:
        raise UsageError("there is no escape report; make one with: go build -gcflags=all=-m=2 ./... 2> escape.txt")
    parts = parts_of(**where)
    fitting = every
    for option, value in parts:
        fitting = fitting.filter(pc.equal(fitting[option.removeprefix("--")], value))
    if not fitting.num_rows:
        raise UsageError(f"{nothing_fits(every, parts, noun='verdict')}{others}")
    files = fitting["file"].unique().sort().to_pylist()
    file = place.partition(":")[0]
    if file != place and any(f"/{one}".endswith(f"/{file}") for one in files):
        say(f"{place}: no verdict is of this line{others}")
        return
    more = f" and {len(files) - _NAMED:,} more" if len(files) > _NAMED else ""
    raise UsageError(f"{place}: no verdict fits; there are verdicts of {', '.join(files[:_NAMED])}{more}{others}")
