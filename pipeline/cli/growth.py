"""heapscape growth: where the heap grew."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli.choices import no_growth
from pipeline.cli.console import answer_lines, say, show, show_query
from pipeline.cli.options import (
    again,
    database_option,
    format_option,
    opened,
    resource_options,
    selection,
    selection_options,
    show_sql_option,
)
from pipeline.errors import UsageError
from pipeline.outputs import growth_table
from pipeline.warehouse import growth_questions, questions

if TYPE_CHECKING:
    import duckdb

    from pipeline.values import Result

Row = Mapping[str, Any]
_Ask = Callable[[growth_questions.OfSeries], "Result"]

# Series printed one below the other; the others are a count.
_SERIES = 3
# The question behind each --by.
_BY: Mapping[str, growth_questions.OfSeries] = {
    "site": growth_questions.growth,
    "own": growth_questions.growth_by_own_code,
    "module": growth_questions.growth_by_module,
}


@click.command()
@click.argument("inputs", nargs=-1, metavar="[INPUT...]")
@selection_options
@click.option(
    "--by",
    type=click.Choice(tuple(_BY)),
    default="site",
    show_default=True,
    help="Rows: allocation sites; lines of the program's own code that they are called from; modules that allocate.",
)
@click.option("--limit", "-n", type=click.IntRange(min=1), default=15, show_default=True, help="Rows per series.")
@show_sql_option
@database_option
@format_option
@resource_options
def growth(
    inputs: tuple[str, ...],
    by: str,
    limit: int,
    show_sql: bool,
    db: str,
    format_: str,
    memory: str,
    threads: int | None,
    **chosen: Any,
) -> None:
    """Print where the heap grew, and why the compiler put it there.

    One table per series of heap profiles, those that grew most first. With INPUTs the question is about them and
    no database is kept.

    \b
      heapscape growth --service checkout
      heapscape growth --by own
      heapscape growth --format json
      heapscape growth --last 2h --show-sql
      heapscape growth heap-*.pb.gz escape-m2.txt
    """
    with opened(inputs, db, memory=memory, threads=threads, views=questions.GROWTH) as connection:
        picked = selection((), **chosen)
        if show_sql:
            _show_sql(connection, picked, by=by)
        else:
            print_growth(connection, picked, by=by, limit=limit, format_=format_)


def print_growth(
    connection: duckdb.DuckDBPyConnection,
    chosen: questions.Selection,
    *,
    by: str = "site",
    limit: int,
    format_: str = "table",
) -> None:
    """The growth table of every selected series, as text or in a format for machines."""
    found = questions.series(connection, chosen).table.to_pylist()
    if not found:
        say(no_growth(connection, chosen))
    if format_ != "table":
        show(_asking(connection, found, chosen)(_BY[by]), format=format_)
        return
    if not found:
        return
    shown = found[:_SERIES]
    for text in _TABLES[by](_asking(connection, shown, chosen), shown, limit):
        answer_lines(text)
    if alike := _alike(found):
        say(
            f"{alike:,} series have the labels of another program's; they are told apart by the path and the build id of the "
            "executable: give each program a label of its own, --label service=NAME"
        )
    if len(found) > _SERIES:
        say(
            f"{len(found) - _SERIES:,} more series; see them with: heapscape series{again()}, then heapscape growth --series ID{again()}"
        )


def _show_sql(connection: duckdb.DuckDBPyConnection, chosen: questions.Selection, *, by: str) -> None:
    """The query of all rows; of whole series it goes by the choice, and not by the series that fit it now."""
    found = questions.series(connection, chosen).table.to_pylist()
    if not found:
        raise UsageError(no_growth(connection, chosen))
    asked = _asking(connection, found, chosen)(_BY[by]).question
    show_query(asked, None if chosen.is_of_a_span else {"ids": questions.series_ids(chosen)})


def _asking(connection: duckdb.DuckDBPyConnection, series: Sequence[Row], chosen: questions.Selection) -> _Ask:
    """What answers questions of some series: as they are whole, or within the span of time that was chosen."""
    if chosen.is_of_a_span:
        windows = growth_questions.windows_of(series)
        return lambda question: growth_questions.in_windows(question, connection, windows)
    ids = [one["series_id"] for one in series]
    return lambda question: question(connection, ids)


def _by_site(ask: _Ask, shown: Sequence[Row], limit: int) -> Iterator[str]:
    """The tables of sites; below each how much is explained, and which other modules allocated."""
    coverage = ask(growth_questions.coverage).table.to_pylist()
    modules = ask(growth_questions.growth_by_module).table.to_pylist()
    misfits = ask(growth_questions.misfits).table.to_pylist()
    rows = ask(partial(growth_questions.growth, limit=limit)).table.to_pylist()
    counts = dict(zip(*(ask(growth_questions.site_counts).table.to_pydict().values()), strict=True))
    for one in shown:
        moved = _of(one, rows)
        left_out = counts.get(one["series_id"], 0) - len(moved)
        yield growth_table.text(one, moved, _of(one, coverage), _of(one, modules), _of(one, misfits), left_out=left_out)


def _by_own_code(ask: _Ask, shown: Sequence[Row], limit: int) -> Iterator[str]:
    rows = ask(growth_questions.growth_by_own_code).table.to_pylist()
    for one in shown:
        moved, left_out = _most(_of(one, rows), limit)
        yield growth_table.text_by_own_code(one, moved, left_out=left_out)


def _by_module(ask: _Ask, shown: Sequence[Row], limit: int) -> Iterator[str]:
    rows = ask(growth_questions.growth_by_module).table.to_pylist()
    for one in shown:
        moved, left_out = _most(_of(one, rows), limit)
        yield growth_table.text_by_module(one, moved, left_out=left_out)


# The tables for people behind each --by.
_TABLES = {"site": _by_site, "own": _by_own_code, "module": _by_module}


def _most(rows: Sequence[Row], limit: int) -> tuple[list[Row], int]:
    """The first of those that grew or shrank, and how many rows that leaves out."""
    moved = [row for row in rows if row["growth_bytes"]][:limit]
    return moved, len(rows) - len(moved)


def _alike(found: Sequence[Row]) -> int:
    """How many series have the kind and labels of a series of another program."""
    programs: dict[tuple[object, ...], set[object]] = {}
    for one in found:
        programs.setdefault(_labels_of(one), set()).add(one["program"])
    return sum(len(programs[_labels_of(one)]) > 1 for one in found)


def _labels_of(series: Row) -> tuple[object, ...]:
    return tuple(series[name] for name in ("kind", "service", "instance", "build", "label_text"))


def _of(series: Row, rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row["series_id"] == series["series_id"]]
