"""The text reports of functions: -top, -text, -tree and -peek; google/pprof, internal/report/report.go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from pipeline.errors import UsageError
from pipeline.outputs import units
from pipeline.outputs.pprof.graph import Edges, Graph, output_unit, trimmed
from pipeline.outputs.pprof.heading import joined, of_graph
from pipeline.outputs.pprof.pattern import matching
from pipeline.outputs.pprof.report import Report

_SEPARATOR: Final = "----------------------------------------------------------+-------------"
# pprof's legend ends in these blanks and tabs.
_LEGEND: Final = "      flat  flat%   sum%        cum   cum%   calls calls% + context \t \t "


@dataclass(frozen=True, slots=True)
class Call:
    """One call between two nodes."""

    caller: int
    callee: int
    weight: int
    is_inlined: bool


def top(report: Report) -> str:
    """report.printText."""
    shown = trimmed(report)
    unit, graph = output_unit(report, shown), shown.graph
    marks = inline_marks(graph.edges)
    lines = [
        *of_graph(report, shown, unit=unit),
        f"{'flat':>10} {'flat':>5}% {'sum':>5}% {'cum':>10} {'cum':>5}%",
    ]
    flat_sum = 0
    for node in shown.order:
        flat_sum += graph.flat_value(node)
        mark = marks.get(node, "")
        lines.append(f"{_figures(report, graph, node, flat_sum, unit=unit)}  {graph.names[node]}{mark}")
    return joined(lines)


def tree(report: Report) -> str:
    """Callers above, callees below each node; report.printTree. Raises UsageError when a pattern finds none."""
    shown = trimmed(report)
    unit, graph = output_unit(report, shown), shown.graph
    order = list(shown.order)
    if report.pattern:
        found = matching([graph.names[node] for node in order], report.pattern)
        order = [node for node, is_found in zip(order, found.tolist(), strict=True) if is_found]
        if not order:
            raise UsageError(f"no matches found for regexp: {report.pattern}")
    callers, callees = calls_by_end(graph, order)
    blocks: list[str] = []
    flat_sum = 0
    for node in order:
        flat_sum += graph.flat_value(node)
        cum = graph.cum_value(node)
        blocks.append(_SEPARATOR)
        blocks += [_edge_line(report, graph, call, call.caller, cum, unit=unit) for call in callers.get(node, ())]
        blocks.append(f"{_figures(report, graph, node, flat_sum, unit=unit)}                | {graph.names[node]}")
        blocks += [_edge_line(report, graph, call, call.callee, cum, unit=unit) for call in callees.get(node, ())]
    if shown.order:
        blocks.append(_SEPARATOR)
    # The legend's tabs are pprof's own.
    return f"{joined([*of_graph(report, shown, unit=unit), _SEPARATOR])}{_LEGEND}\n{joined(blocks)}"


def inline_marks(edges: Edges) -> Mapping[int, str]:
    """How each node was called: ` (inline)` always inlined, ` (partial-inline)` sometimes; report.TextItems."""
    inlined, called = set(edges.callee[edges.is_inlined].tolist()), set(edges.callee[~edges.is_inlined].tolist())
    return {node: " (partial-inline)" if node in called else " (inline)" for node in inlined}


def calls_by_end(graph: Graph, nodes: Sequence[int]) -> tuple[Mapping[int, list[Call]], Mapping[int, list[Call]]]:
    """The calls of some nodes by callee, and by caller, the heaviest first; graph.edgeList.Less."""
    edges, wanted = graph.edges, np.zeros(len(graph.infos), np.bool_)
    wanted[list(nodes)] = True
    some = edges.kept(wanted[edges.caller] | wanted[edges.callee])
    columns = (column.tolist() for column in (some.caller, some.callee, some.weight, some.is_inlined))
    calls = [Call(*parts) for parts in zip(*columns, strict=True)]
    names = graph.names
    calls.sort(key=lambda call: (-abs(call.weight), names[call.caller], names[call.callee]))
    by_callee: dict[int, list[Call]] = {}
    by_caller: dict[int, list[Call]] = {}
    for call in calls:
        by_callee.setdefault(call.callee, []).append(call)
        by_caller.setdefault(call.caller, []).append(call)
    return by_callee, by_caller


def _edge_line(report: Report, graph: Graph, call: Call, other: int, cum: int, *, unit: str) -> str:
    mark = " (inline)" if call.is_inlined else ""
    share = units.percentage(call.weight, cum)
    return f"{report.written(call.weight, unit):>50} {share} |   {graph.names[other]}{mark}"


def _figures(report: Report, graph: Graph, node: int, flat_sum: int, *, unit: str) -> str:
    flat, cum = graph.flat_value(node), graph.cum_value(node)
    return (
        f"{report.written(flat, unit):>10} {units.percentage(flat, report.total)}"
        f" {units.percentage(flat_sum, report.total)}"
        f" {report.written(cum, unit):>10} {units.percentage(cum, report.total)}"
    )
