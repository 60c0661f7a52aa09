"""heapscape peek: what `go tool pprof -peek` prints."""

from __future__ import annotations

from typing import Any

import click
import numpy as np
import pyarrow as pa

from pipeline.cli.console import answer_lines, show, show_query
from pipeline.cli.options import (
    database_option,
    format_option,
    opened,
    resource_options,
    selection,
    selection_options,
    show_sql_option,
)
from pipeline.cli.profiles import choose, choose_profiles, loaded, prepared, query_of
from pipeline.cli.top import flat_cum, pprof_options
from pipeline.errors import UsageError
from pipeline.outputs.pprof.fetched import fetched
from pipeline.outputs.pprof.graph import Graph, frames_of, whole
from pipeline.outputs.pprof.pattern import matching
from pipeline.outputs.pprof.report import Report
from pipeline.outputs.pprof.reports import REPORTS
from pipeline.outputs.pprof.settings import Settings
from pipeline.outputs.pprof.text import calls_by_end
from pipeline.values import Result, ResultColumn
from pipeline.warehouse import questions


@click.command()
@click.argument("pattern", metavar="REGEX")
@click.argument("inputs", nargs=-1, metavar="[INPUT...]")
@pprof_options()
@selection_options
@show_sql_option
@database_option
@format_option
@resource_options
def peek(
    pattern: str,
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
    """Print callers and callees of functions that match REGEX, as `go tool pprof -peek` does.

    \b
      heapscape peek 'store.*Put'
      heapscape peek mallocgc cpu.pb.gz
      heapscape peek 'store.*Put' --show-sql
    """
    wanted = selection(profiles, **chosen)
    with opened(inputs, db, memory=memory, threads=threads, views=questions.STACKS) as connection:
        if show_sql:
            index = settings.sample_index
            found_ids = choose(connection, wanted, sample_index=index, is_all=bool(inputs), merge=merge)
            show_query(query_of(found_ids, settings, pattern=pattern))
            return
        picked = choose_profiles(connection, wanted, is_all=bool(inputs), merge=merge)
        found = loaded(connection, picked)
    report = prepared(fetched(found), settings, kind=REPORTS["peek"].kind, pattern=pattern)
    graph = whole(frames_of(report))
    nodes = _matching(graph, pattern)
    if format_ == "table":
        answer_lines(str(REPORTS["peek"].write(report)).removesuffix("\n"))
    else:
        show(_neighbours(report, graph, nodes), format=format_)


def _matching(graph: Graph, pattern: str) -> list[int]:
    """The functions whose name matches; raises UsageError when there is none."""
    present = np.flatnonzero(graph.present)
    nodes: list[int] = present[matching([graph.names[node] for node in present.tolist()], pattern)].tolist()
    if not nodes:
        raise UsageError(f"peek {pattern}: matches none of the {len(present)} functions; try a shorter pattern.")
    return nodes


def _neighbours(report: Report, graph: Graph, nodes: list[int]) -> Result:
    """Some functions with their weights, their callers and their callees, heaviest first."""
    callers, callees = calls_by_end(graph, nodes)
    table = flat_cum(report, graph, nodes)
    node_of = {graph.names[node]: node for node in nodes}
    order = [node_of[name] for name in table.table["function"].to_pylist()]
    calls = pa.list_(pa.struct([("function", pa.string()), ("value", pa.int64()), ("inlined", pa.bool_())]))
    for column, found, other in (("callers", callers, "caller"), ("callees", callees, "callee")):
        rows = [
            [
                {"function": graph.names[getattr(call, other)], "value": call.weight, "inlined": call.is_inlined}
                for call in found.get(node, ())
            ]
            for node in order
        ]
        table = Result(
            "peek",
            (*table.columns, ResultColumn(column, f"Functions next to it with the {report.sample_type} of the call.")),
            table.table.append_column(column, pa.array(rows, calls)),
        )
    return table
