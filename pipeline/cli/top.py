"""heapscape top: what `go tool pprof -top` prints."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click
import pyarrow as pa

from pipeline.cli.console import answer_lines, say, show
from pipeline.cli.options import (
    Finite,
    database_option,
    format_option,
    merge_option,
    opened,
    resource_options,
    selection,
    selection_options,
)
from pipeline.cli.profiles import Chosen, Filters, choose, header, stacks_of
from pipeline.outputs import units
from pipeline.outputs.pprof_graph import Stacks
from pipeline.outputs.pprof_text import Row, rows_of, top_of
from pipeline.values import Result, ResultColumn
from pipeline.warehouse import questions

_Command = TypeVar("_Command", bound=Callable[..., Any])


# Here, because the decorators below need it.
def _check_unit(context: click.Context, parameter: click.Parameter, value: str) -> str:
    if not units.is_known(value):
        raise click.BadParameter(f"{value!r} is not a unit; there are {', '.join(units.names())}")
    return value


_SHORTHANDS = ("inuse_space", "inuse_objects", "alloc_space", "alloc_objects")


def pprof_options(command: _Command) -> _Command:
    """The flags that users of `go tool pprof` have in their fingers, with one dash or two."""
    options = (
        click.option(
            "-sample_index",
            "--sample-index",
            "sample_index",
            default="",
            metavar="TYPE",
            help="Sample type, by name or number.",
        ),
        *(
            click.option(
                f"-{name}", f"--{name.replace('_', '-')}", "sample_index", flag_value=name, help=f"-sample_index={name}"
            )
            for name in _SHORTHANDS
        ),
        click.option("-cum", "--cum", "is_cum", is_flag=True, help="Sort by cumulative weight."),
        click.option("-flat", "--flat", "is_flat", is_flag=True, hidden=True),
        click.option("-focus", "--focus", default="", metavar="REGEX", help="Only samples with a frame that matches."),
        click.option(
            "-ignore", "--ignore", default="", metavar="REGEX", help="Leave out samples with a frame that matches."
        ),
        click.option(
            "-unit",
            "--unit",
            default="minimum",
            metavar="UNIT",
            callback=_check_unit,
            help="Unit of the values: B, MB, ms, ...; minimum or auto.",
        ),
        click.option(
            "--profile",
            "profiles",
            multiple=True,
            metavar="ID",
            help="This profile, by id or part of its uri; repeat to add up.",
        ),
        merge_option,
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.command()
@click.argument("inputs", nargs=-1, metavar="[INPUT...]")
@pprof_options
@click.option("-nodecount", "--nodecount", "node_count", default=0, metavar="N", help="Rows at most; 0 for all.")
@click.option(
    "-nodefraction",
    "--nodefraction",
    "node_fraction",
    type=Finite(0, 1),
    default=0.005,
    show_default=True,
    help="Leave out functions below this share.",
)
@selection_options
@database_option
@format_option
@resource_options
def top(
    inputs: tuple[str, ...],
    sample_index: str,
    is_cum: bool,
    is_flat: bool,
    focus: str,
    ignore: str,
    unit: str,
    profiles: tuple[str, ...],
    merge: bool,
    node_count: int,
    node_fraction: float,
    db: str,
    format_: str,
    memory: str,
    threads: int | None,
    **chosen: str | None,
) -> None:
    """Print the heaviest functions, as `go tool pprof -top` does.

    Of the newest heap profile, unless told otherwise; several named profiles are added up. With INPUTs the
    question is about them and no database is kept.

    \b
      heapscape top -cum -focus=store
      heapscape top -sample_index=alloc_space -nodecount=20 heap.pb.gz
      heapscape top --kind cpu --format json
    """
    filters = Filters(focus, ignore)
    with opened(inputs, db, memory=memory, threads=threads, views=questions.STACKS) as connection:
        picked = choose(
            connection, selection(profiles, **chosen), sample_index=sample_index, is_all=bool(inputs), merge=merge
        )
        stacks, total = stacks_of(connection, picked, filters=filters)
    warn_of_nothing(stacks, filters)
    if format_ != "table":
        show(flat_cum(stacks, picked), format=format_)
        return
    head = header(picked, total=total, filters=filters)
    text = top_of(
        stacks, head, order="cum" if is_cum else "flat", node_count=node_count, node_fraction=node_fraction, unit=unit
    )
    answer_lines(text.removesuffix("\n"))


def warn_of_nothing(stacks: Stacks, filters: Filters) -> None:
    """Say so when a filter left nothing."""
    if filters.spelled() and not stacks.values.any():
        say(f"{' and '.join(filters.spelled())} left no samples")


def flat_cum(stacks: Stacks, chosen: Chosen, *, rows: Sequence[Row] | None = None) -> Result:
    """Functions with their weights, all unless some are given, untrimmed, heaviest first."""
    rows = sorted(
        (row for row in (rows_of(stacks) if rows is None else rows) if row[1] or row[2]),
        key=lambda row: (-abs(row[1]), -abs(row[2]), row[0]),
    )
    table = pa.table(
        {
            "function": pa.array([name for name, _, _ in rows], pa.string()),
            "flat": pa.array([flat for _, flat, _ in rows], pa.int64()),
            "cum": pa.array([cum for _, _, cum in rows], pa.int64()),
        }
    )
    docs = {
        "function": "Function.",
        "flat": f"{chosen.sample_type} at the leaf, {chosen.unit}.",
        "cum": f"{chosen.sample_type} anywhere, {chosen.unit}.",
    }
    return Result("top", tuple(ResultColumn(name, doc) for name, doc in docs.items()), table)
