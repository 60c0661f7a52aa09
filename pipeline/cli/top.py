"""heapscape top: what `go tool pprof -top` prints."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

import click
import numpy as np
import pyarrow as pa

from pipeline.cli.console import answer_lines, show, show_query
from pipeline.cli.options import (
    Finite,
    database_option,
    format_option,
    merge_option,
    opened,
    resource_options,
    selection,
    selection_options,
    show_sql_option,
)
from pipeline.cli.pprof_options import settings_options
from pipeline.cli.profiles import choose, choose_profiles, loaded, prepared, query_of
from pipeline.outputs import units
from pipeline.outputs.pprof.fetched import fetched
from pipeline.outputs.pprof.graph import Graph, frames_of, whole
from pipeline.outputs.pprof.report import Report
from pipeline.outputs.pprof.reports import REPORTS
from pipeline.outputs.pprof.settings import Settings
from pipeline.values import Result, ResultColumn
from pipeline.warehouse import questions

_Command = TypeVar("_Command", bound=Callable[..., Any])


class Unit(click.types.StringParamType):
    """A unit that pprof knows; of another it would write the name behind every value as it stands."""

    name = "unit"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not units.is_known(value):
            self.fail(f"{value!r} is not a unit; there are {', '.join(units.names())}", param, ctx)
        return value


# What of pprof's settings people have in their fingers.
_SETTINGS: Final = (
    *("sample_index", "inuse_space", "inuse_objects", "alloc_space", "alloc_objects", "sort", "unit"),
    *("focus", "ignore", "hide", "show", "show_from", "relative_percentages"),
)
_TYPES: Final = {"unit": Unit(), "nodefraction": Finite(0, 1), "edgefraction": Finite(0, 1)}


def pprof_options(*more: str) -> Callable[[_Command], _Command]:
    """The settings of pprof that people have in their fingers, and more of them; and which profiles are meant."""

    def decorated(command: _Command) -> _Command:
        named = click.option(
            "--profile",
            "profiles",
            multiple=True,
            metavar="ID",
            help="This profile, by id or part of its uri; repeat to add up.",
        )
        return settings_options(only=(*_SETTINGS, *more), types=_TYPES)(named(merge_option(command)))

    return decorated


@click.command()
@click.argument("inputs", nargs=-1, metavar="[INPUT...]")
@pprof_options("nodecount", "nodefraction", "edgefraction", "trim")
@selection_options
@show_sql_option
@database_option
@format_option
@resource_options
def top(
    inputs: tuple[str, ...],
    settings: Settings,
    profiles: tuple[str, ...],
    merge: bool,
    show_sql: bool,
    db: str,
    format_: str,
    memory: str,
    threads: int | None,
    **chosen: Any,
) -> None:
    """Print the heaviest functions, as `go tool pprof -top` does.

    Of the newest heap profile, unless told otherwise; several named profiles are added up. With INPUTs the
    question is about them and no database is kept.

    \b
      heapscape top -cum -focus=store
      heapscape top -sample_index=alloc_space -nodecount=20 heap.pb.gz
      heapscape top --kind cpu --format json
      heapscape top -focus=store --show-sql
    """
    wanted = selection(profiles, **chosen)
    with opened(inputs, db, memory=memory, threads=threads, views=questions.STACKS) as connection:
        if show_sql:
            index = settings.sample_index
            show_query(
                query_of(choose(connection, wanted, sample_index=index, is_all=bool(inputs), merge=merge), settings)
            )
            return
        picked = choose_profiles(connection, wanted, is_all=bool(inputs), merge=merge)
        found = loaded(connection, picked)
    show_top(prepared(fetched(found), settings, kind=REPORTS["top"].kind), format=format_)


def show_top(report: Report, *, format: str) -> None:
    """The heaviest functions as text, or all of them for machines."""
    if format == "table":
        answer_lines(str(REPORTS["top"].write(report)).removesuffix("\n"))
    else:
        graph = whole(frames_of(report))
        show(flat_cum(report, graph, np.flatnonzero(graph.present).tolist()), format=format)


def flat_cum(report: Report, graph: Graph, nodes: Sequence[int]) -> Result:
    """Some functions with their weights, heaviest first."""
    rows = sorted(
        ((graph.names[node], graph.flat_value(node), graph.cum_value(node)) for node in nodes),
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
        "flat": f"{report.sample_type} at the leaf, {report.unit}.",
        "cum": f"{report.sample_type} anywhere, {report.unit}.",
    }
    return Result("top", tuple(ResultColumn(name, doc) for name, doc in docs.items()), table)
