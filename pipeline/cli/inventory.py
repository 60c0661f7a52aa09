"""heapscape profiles, series and sources: what there is, with the ids and names that other commands and SQL take."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import click

from pipeline.cli.choices import no_profile, nothing_fits, parts_of_selection
from pipeline.cli.console import say, show, show_query
from pipeline.cli.options import (
    database_option,
    format_option,
    opened,
    owner_options,
    resource_options,
    selection,
    selection_options,
    show_sql_option,
    span_options,
)
from pipeline.errors import UsageError
from pipeline.values import Result
from pipeline.warehouse import inventory_questions
from pipeline.warehouse.questions import Selection

_Command = TypeVar("_Command", bound=Callable[..., Any])

# The columns that a table has room for; formats for machines have all.
_OF_PROFILES = ("profile_id", "kind", "taken_at", "service", "instance", "build", "series_id", "size_bytes", "uri")
_OF_SERIES = ("series_id", "kind", "service", "instance", "build", "profiles", "first_at", "last_at", "growth_bytes")
_OF_SOURCES = ("source_id", "format", "status", "service", "build", "taken_at", "losses", "size_bytes", "uri", "reason")


def _list_options(command: _Command) -> _Command:
    """What all lists take."""
    command = show_sql_option(database_option(format_option(resource_options(command))))
    command = click.option(
        "--limit", "-n", type=click.IntRange(min=1), default=50, show_default=True, help="Rows of a table."
    )(command)
    return click.argument("inputs", nargs=-1, metavar="[INPUT...]")(command)


@click.command()
@_list_options
@click.option(
    "--profile", "names", multiple=True, metavar="ID", help="This profile, by id or part of a name; repeat for more."
)
@selection_options
def profiles(
    inputs: tuple[str, ...],
    names: tuple[str, ...],
    limit: int,
    show_sql: bool,
    db: str,
    format_: str,
    memory: str,
    threads: int | None,
    **chosen: Any,
) -> None:
    """List profiles and traces, the newest first: ids, times, labels, sizes, and the names they came under.

    Ids are what --profile and SQL take. A table leaves out columns that are empty; --format json has all. With INPUTs it is about them and
    no database is kept.

    \b
      heapscape profiles --service checkout --last 2h
      heapscape profiles --kind cpu --format csv
      heapscape profiles pods/*.pb.gz
    """
    picked = selection(names, **chosen)
    with opened(inputs, db, memory=memory, threads=threads, views=inventory_questions.PROFILES) as connection:
        found = inventory_questions.profiles(connection, picked)
        if not found.table.num_rows and not show_sql:
            raise no_profile(connection, picked)
    _show(found, _OF_PROFILES, show_sql=show_sql, format_=format_, limit=limit)


@click.command()
@_list_options
@selection_options
def series(
    inputs: tuple[str, ...],
    limit: int,
    show_sql: bool,
    db: str,
    format_: str,
    memory: str,
    threads: int | None,
    **chosen: Any,
) -> None:
    """List series of profiles, those with the newest first: ids, labels, from when to when, and how the live heap grew.

    A series are the profiles of one kind and program with the same labels, between two restarts; --series and SQL take its id.

    \b
      heapscape series --service checkout
      heapscape series --kind heap --format json
      heapscape series pods/*.pb.gz
    """
    picked = selection((), **chosen)
    with opened(inputs, db, memory=memory, threads=threads, views=inventory_questions.SERIES) as connection:
        found = inventory_questions.series(connection, picked)
        every = found if found.table.num_rows else inventory_questions.series(connection, Selection())
    if not found.table.num_rows and not show_sql:
        raise UsageError(nothing_fits(every.table, parts_of_selection(picked), noun="series", plural="series"))
    _show(found, _OF_SERIES, show_sql=show_sql, format_=format_, limit=limit)


@click.command()
@_list_options
@click.option("--status", type=click.Choice(("ingested", "refused")), help="Only what went in, or only what did not.")
@owner_options
@span_options
def sources(
    inputs: tuple[str, ...],
    status: str | None,
    limit: int,
    show_sql: bool,
    db: str,
    format_: str,
    memory: str,
    threads: int | None,
    **chosen: Any,
) -> None:
    """List every input that was offered: what it is, whether it went in, why not, and what was lost of it.

    \b
      heapscape sources --status refused
      heapscape sources --format json
    """
    picked = selection((), **chosen)
    with opened(inputs, db, memory=memory, threads=threads, views=inventory_questions.SOURCES) as connection:
        found = inventory_questions.sources(connection, picked, status=status)
        every = found if found.table.num_rows else inventory_questions.sources(connection, Selection())
    if not found.table.num_rows and not show_sql:
        parts = [*parts_of_selection(picked), *([("--status", status)] if status else [])]
        raise UsageError(nothing_fits(every.table, parts, noun="source"))
    _show(found, _OF_SOURCES, show_sql=show_sql, format_=format_, limit=limit)


def _show(found: Result, columns: Sequence[str], *, show_sql: bool, format_: str, limit: int) -> None:
    """The query, all rows for machines, or for people the first, without columns that are empty or have no room."""
    if show_sql:
        show_query(found.question)
        return
    if format_ != "table":
        show(found, format=format_)
        return
    shown = [name for name in columns if found.table[name].null_count < found.table.num_rows]
    docs = {column.name: column for column in found.columns}
    table = found.table.select(shown).slice(0, limit)
    show(replace(found, table=table, columns=tuple(docs[name] for name in shown)), format=format_)
    if found.table.num_rows > limit:
        say(f"{found.table.num_rows - limit:,} more: --limit {found.table.num_rows}")
