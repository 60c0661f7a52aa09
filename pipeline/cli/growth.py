"""heapscape growth: where the heap grew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli.console import answer_lines, say, show
from pipeline.cli.options import database_option, format_option, opened, resource_options, selection, selection_options
from pipeline.outputs import growth_table
from pipeline.warehouse import questions

if TYPE_CHECKING:
    import duckdb

# Series printed one below the other; the others are a count.
_SERIES = 3


@click.command()
@click.argument("inputs", nargs=-1, metavar="[INPUT...]")
@selection_options
@click.option("--limit", "-n", type=click.IntRange(min=1), default=15, show_default=True, help="Sites per series.")
@database_option
@format_option
@resource_options
def growth(
    inputs: tuple[str, ...], limit: int, db: str, format_: str, memory: str, threads: int | None, **chosen: str | None
) -> None:
    """Print where the heap grew, and why the compiler put it there.

    One table per series of heap profiles, those that grew most first. With INPUTs the question is about them and
    no database is kept.

    \b
      heapscape growth --service checkout
      heapscape growth --format json
      heapscape growth heap-*.pb.gz escape-m2.txt
    """
    with opened(inputs, db, memory=memory, threads=threads) as connection:
        print_growth(connection, selection((), **chosen), limit=limit, format_=format_)


def print_growth(
    connection: duckdb.DuckDBPyConnection, chosen: questions.Selection, *, limit: int, format_: str = "table"
) -> None:
    """The growth table of every selected series, as text or in a format for machines."""
    found = questions.series(connection, chosen).table.to_pylist()
    sites = questions.growth(connection, [one["series_id"] for one in found])
    if format_ != "table":
        show(sites, format=format_)
        return
    if not found:
        say(
            'no series that fits has two heap profiles, so there is no growth to tell; see: heapscape sql "FROM heap.series"'
        )
        return
    coverage = questions.coverage(connection, [one["series_id"] for one in found]).table.to_pylist()
    rows = sites.table.to_pylist()
    for one in found[:_SERIES]:
        moved = [row for row in _of(one, rows) if row["growth_bytes"]]
        text = growth_table.text(
            one, moved[:limit], _of(one, coverage), left_out=len(_of(one, rows)) - len(moved[:limit])
        )
        answer_lines(text)
    if alike := _alike(found):
        say(
            f"{alike:,} series have the labels of another program's; they are told apart by the path and the build id of the "
            "executable: give each program a label of its own, --label service=NAME"
        )
    if len(found) > _SERIES:
        say(
            f'{len(found) - _SERIES:,} more series: heapscape sql "FROM heap.series", then heapscape growth --series ID'
        )


def _alike(found: Sequence[Mapping[str, Any]]) -> int:
    """How many series have the kind and labels of a series of another program."""
    programs: dict[tuple[object, ...], set[object]] = {}
    for one in found:
        programs.setdefault(_labels_of(one), set()).add(one["program"])
    return sum(len(programs[_labels_of(one)]) > 1 for one in found)


def _labels_of(series: Mapping[str, Any]) -> tuple[object, ...]:
    return tuple(series[name] for name in ("kind", "service", "instance", "build", "label_text"))


def _of(series: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [row for row in rows if row["series_id"] == series["series_id"]]
