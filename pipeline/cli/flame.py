"""heapscape flame: flame graphs in the terminal, as a page, as rows, or folded."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import click

from pipeline.cli.choices import no_growth, say_series
from pipeline.cli.console import STANDARD_OUTPUT, deliver, drawn, is_terminal, show, show_query
from pipeline.cli.options import (
    Output,
    database_option,
    merge_option,
    opened,
    resource_options,
    selection,
    selection_options,
    show_sql_option,
)
from pipeline.cli.profiles import Chosen, choose
from pipeline.errors import UsageError
from pipeline.outputs import flamegraph, folded, tabular
from pipeline.values import Result
from pipeline.warehouse import questions

if TYPE_CHECKING:
    import duckdb


_GROWS = (
    "a growth is of inuse_space, between the first and the last profile of a series: choose that with --series, --service ... "
    "and leave out --profile, --sample-index and --merge; of two profiles: heapscape diff --base ID --profile ID --html FILE.html"
)

_PICTURES: Final = (".svg", ".png", ".pdf", ".jpg", ".gif")


@click.command()
@click.argument("inputs", nargs=-1, metavar="[INPUT...]")
@click.option(
    "-sample_index",
    "--sample-index",
    "sample_index",
    default="",
    metavar="TYPE",
    help="Sample type, by name or number.",
)
@click.option(
    "--profile",
    "profiles",
    multiple=True,
    metavar="ID",
    help="This profile, by id or part of its uri; repeat to add up.",
)
@merge_option
@click.option("--growth", is_flag=True, help="The last profile of a series against its first.")
@click.option(
    "--site", metavar="FILE:LINE", help="Only stacks that allocate at this line; with the growth of their series."
)
@click.option(
    "--format", "format_", type=click.Choice(["icicle", "html", "folded", *tabular.FORMATS]),
    help="Letters in the terminal, a page to zoom and search in, folded stacks, or nested-set rows as Grafana takes them. "
    "Without: icicle on a terminal, html elsewhere and with -o.",
)  # fmt: skip
@click.option(
    "--output",
    "-o",
    "path",
    metavar="FILE",
    type=Output(),
    help="Where to write; without, a page goes to heapscape-flame.html, the others to standard output.",
)
@selection_options
@show_sql_option
@database_option
@resource_options
def flame(
    inputs: tuple[str, ...],
    sample_index: str,
    profiles: tuple[str, ...],
    merge: bool,
    growth: bool,
    site: str | None,
    format_: str | None,
    path: str | None,
    show_sql: bool,
    db: str,
    memory: str,
    threads: int | None,
    **chosen: Any,
) -> None:
    """Draw a flame graph of the newest heap profile, or of what you choose.

    \b
      heapscape flame --growth --service checkout
      heapscape flame --site store/cache.go:21
      heapscape flame --format icicle | less
      heapscape flame --kind cpu --format folded | flamegraph.pl > cpu.svg
      heapscape flame --format json --profile heap-12
    """
    format_ = format_ or ("icicle" if path is None and is_terminal() else "html")
    if path and format_ == "html" and path.lower().endswith(_PICTURES):
        raise UsageError(
            f"{path}: what is written is a page; call it .html, or draw a picture with: heapscape plot flame -o FILE.svg"
        )
    views = questions.SITE_FLAMES if growth or site else questions.FLAMES
    with opened(inputs, db, memory=memory, threads=threads, views=views) as connection:
        if growth or site:
            if profiles or sample_index or merge:
                raise UsageError(_GROWS)
            title, unit, sample_type, rows = _growth(connection, selection(profiles, **chosen), site=site)
            if format_ == "folded":
                raise UsageError("folded stacks have one number each; draw a growth with --format html or json")
        else:
            picked = choose(
                connection, selection(profiles, **chosen), sample_index=sample_index, is_all=bool(inputs), merge=merge
            )
            title, unit, sample_type = picked.profiles[-1]["uri"], unit_of(picked), picked.sample_type
            ask = questions.folded if format_ == "folded" else questions.tree
            rows = ask(connection, picked.ids, picked.sample_type)
    if show_sql:
        show_query(rows.question)
    else:
        _write(rows, path, format=format_, title=title, unit=unit, sample_type=sample_type)


def _write(rows: Result, path: str | None, *, format: str, title: str, unit: str, sample_type: str) -> None:
    """The graph in one of its formats, to a file or where such a thing goes without one."""
    if format == "html":
        page = flamegraph.page(rows, title=title, unit=unit, sample_type=sample_type)
        deliver(page, path or "heapscape-flame.html")
    elif format == "icicle":
        deliver(_icicle(rows, title=title, unit=unit, sample_type=sample_type), path or STANDARD_OUTPUT)
    elif format == "folded":
        deliver(folded.write(rows), path or STANDARD_OUTPUT)
    elif path:
        deliver(tabular.write(rows, format=format), path)
    else:
        show(rows, format=format)


def _icicle(rows: Result, *, title: str, unit: str, sample_type: str) -> str:
    """The graph as wide and as high as the terminal; elsewhere as wide as COLUMNS says, and with all of its levels."""
    # Here, as rich takes a while to import.
    from pipeline.outputs import icicle

    return drawn(partial(icicle.text, rows, title=title, unit=unit, sample_type=sample_type))


def unit_of(chosen: Chosen) -> str:
    """The unit of the values, as pages and texts name it."""
    return chosen.unit


def _growth(
    connection: duckdb.DuckDBPyConnection, chosen: questions.Selection, *, site: str | None
) -> tuple[str, str, str, Result]:
    found = questions.series(connection, chosen).table.to_pylist()
    for one in found:
        stacks = _stacks_at(connection, one["series_id"], site) if site else None
        if stacks is None or stacks:
            ends = [one["first_profile_id"]], [one["last_profile_id"]]
            name = " · ".join(part for part in (one["service"], one["instance"], one["build"]) if part) or "growth"
            say_series(connection, one, of=len(found))
            rows = questions.diff(connection, *ends, "inuse_space", stacks=stacks)
            return (f"{name} · {site}" if site else name), "bytes", "inuse_space", rows
    if site and found:
        raise UsageError(f"{site}: no series allocates there; see the sites with: heapscape growth")
    raise UsageError(no_growth(connection, chosen))


def _stacks_at(connection: duckdb.DuckDBPyConnection, series_id: int, site: str) -> list[int]:
    file, colon, line = site.rpartition(":")
    if not colon or not re.fullmatch("[0-9]+", line):
        raise UsageError(f"{site!r} is not FILE:LINE; write it like store/cache.go:21")
    return list(questions.site_stacks(connection, series_id, file, int(line)).table["stack_id"].to_pylist())
