"""heapscape peek: what `go tool pprof -peek` prints."""

from __future__ import annotations

import click
import numpy as np
import pyarrow as pa

from pipeline.cli.console import answer_lines, show
from pipeline.cli.options import database_option, format_option, opened, resource_options, selection, selection_options
from pipeline.cli.profiles import Chosen, Filters, choose, header, stacks_of
from pipeline.cli.top import flat_cum, pprof_options, warn_of_nothing
from pipeline.outputs.pprof_graph import Stacks, call_edges, named
from pipeline.outputs.pprof_text import matching, peek_of, rows_of
from pipeline.values import Result, ResultColumn
from pipeline.warehouse import questions


@click.command()
@click.argument("pattern", metavar="REGEX")
@click.argument("inputs", nargs=-1, metavar="[INPUT...]")
@pprof_options
@selection_options
@database_option
@format_option
@resource_options
def peek(
    pattern: str,
    inputs: tuple[str, ...],
    sample_index: str,
    is_cum: bool,
    is_flat: bool,
    focus: str,
    ignore: str,
    unit: str,
    profiles: tuple[str, ...],
    merge: bool,
    db: str,
    format_: str,
    memory: str,
    threads: int | None,
    **chosen: str | None,
) -> None:
    """Print callers and callees of functions that match REGEX, as `go tool pprof -peek` does.

    \b
      heapscape peek 'store.*Put'
      heapscape peek mallocgc cpu.pb.gz
    """
    filters = Filters(focus, ignore)
    with opened(inputs, db, memory=memory, threads=threads, views=questions.STACKS) as connection:
        picked = choose(
            connection, selection(profiles, **chosen), sample_index=sample_index, is_all=bool(inputs), merge=merge
        )
        stacks, total = stacks_of(connection, picked, filters=filters)
    warn_of_nothing(stacks, filters)
    if format_ != "table":
        show(_neighbours(stacks, picked, pattern=pattern), format=format_)
        return
    head = header(picked, total=total, filters=filters)
    text = peek_of(stacks, head, pattern=pattern, order="cum" if is_cum else "flat", unit=unit)
    answer_lines(text.removesuffix("\n"))


def _neighbours(stacks: Stacks, chosen: Chosen, *, pattern: str) -> Result:
    """Each function that matches with its weights, its callers and its callees, heaviest first."""
    rows = matching(rows_of(stacks), pattern)
    every = np.ones(len(stacks.names), np.bool_)
    edges = sorted(named(call_edges(stacks, kept=every), stacks.names), key=lambda edge: -abs(edge.weight))
    callers: dict[str, list[dict[str, object]]] = {name: [] for name, _, _ in rows}
    callees: dict[str, list[dict[str, object]]] = {name: [] for name, _, _ in rows}
    for edge in edges:
        weight = {"value": edge.weight, "inlined": edge.inlined}
        if edge.callee in callers:
            callers[edge.callee].append({"function": edge.caller, **weight})
        if edge.caller in callees:
            callees[edge.caller].append({"function": edge.callee, **weight})
    table = flat_cum(stacks, chosen, rows=rows)
    names = table.table["function"].to_pylist()
    calls = pa.list_(pa.struct([("function", pa.string()), ("value", pa.int64()), ("inlined", pa.bool_())]))
    for column, found in (("callers", callers), ("callees", callees)):
        table = Result(
            "peek",
            (*table.columns, ResultColumn(column, f"Functions next to it with the {chosen.sample_type} of the call.")),
            table.table.append_column(column, pa.array([found[name] for name in names], calls)),
        )
    return table
