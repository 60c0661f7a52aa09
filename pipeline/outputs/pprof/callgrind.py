"""The report -callgrind, which KCachegrind reads; google/pprof, report.printCallgrind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from pipeline.outputs import units
from pipeline.outputs.pprof.call_tree import as_tree
from pipeline.outputs.pprof.graph import Graph, Trimmed, frames_of, whole
from pipeline.outputs.pprof.nodes import NodeInfo
from pipeline.outputs.pprof.picture import drawn_edges, ordered
from pipeline.outputs.pprof.report import Report
from pipeline.text import printable
from pipeline.values import Int64s

_HALF: Final = 1 << 63


def callgrind(report: Report) -> str:
    """All nodes and calls: nothing is trimmed."""
    frames, parents = frames_of(report), None
    if report.settings.call_tree:
        frames, parents = as_tree(frames)
    graph = whole(frames, drops_negative=report.settings.drop_negative)
    weights = (graph.cum, graph.flat) if report.settings.sort == "cum" else (graph.flat, graph.cum)
    order = ordered(graph, *weights)
    unit = _unit(report, Trimmed(graph, order, len(order), 0, 0))
    return "".join(f"{line}\n" for line in _lines(report, graph, order, parents, unit=unit))


def _lines(report: Report, graph: Graph, order: Sequence[int], parents: Int64s | None, *, unit: str) -> Iterator[str]:
    yield "positions: instr line"
    yield printable(f"events: {report.sample_type}({unit})")
    infos, names = graph.infos, _told_apart(graph, order, parents)
    binaries, files, functions = _Numbered(), _Numbered(), _Numbered()
    edges = drawn_edges(graph)
    calls: dict[int, list[tuple[int, int]]] = {}
    for caller, callee, weight in zip(
        *(one.tolist() for one in (edges.caller, edges.callee, edges.weight)), strict=True
    ):
        calls.setdefault(caller, []).append((callee, weight))
    before: NodeInfo | None = None
    for node in order:
        info = infos[node]
        if before is None or (before.binary, before.file, before.name) != (info.binary, info.file, info.name):
            yield from (
                "",
                f"ob={binaries.of(info.binary)}",
                f"fl={files.of(info.file)}",
                f"fn={functions.of(info.name)}",
            )
        yield f"{_address(before, info.address)} {info.line} {_whole(report, graph.flat_value(node), unit)}"
        for callee, weight in calls.get(node, ()):
            called = infos[callee]
            yield f"cfl={files.of(called.file)}"
            yield f"cfn={functions.of(names.get(callee, ''))}"
            yield f"calls=0 {_address(before, called.address)} {called.line}"
            yield f"* * {_whole(report, weight, unit)}"
        before = info


def _unit(report: Report, trimmed: Trimmed) -> str:
    """Report.selectOutputUnit, for figures without fractions: the smallest has its own unit."""
    wanted, graph = report.settings.unit, trimmed.graph
    if wanted != "minimum" or not trimmed.order:
        return wanted
    sizes = [abs(graph.flat_value(node)) or abs(graph.cum_value(node)) for node in trimmed.order]
    least = report.divided(min((size for size in sizes if size), default=report.total))
    return units.scale(least, unit=report.unit, to="minimum")[1] or report.unit


def _whole(report: Report, value: int, unit: str) -> int:
    """A figure without its fraction; -divide_by is not for this report."""
    return int(units.scale(value, unit=report.unit, to=unit)[0])


class _Numbered:
    """callgrindName: a name is written once, with a number that stands for it from then on."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}

    def of(self, name: str) -> str:
        if not name:
            return ""
        if name in self._known:
            return f"({self._known[name]})"
        self._known[name] = len(self._known) + 1
        return f"({self._known[name]}) {printable(name)}"


def _told_apart(graph: Graph, order: Sequence[int], parents: Int64s | None) -> dict[int, str]:
    """Names that say which of several functions of one name and file is meant; getDisambiguatedNames."""

    def function(node: int) -> tuple[int, NodeInfo]:
        # In a tree the functions below each node are its own.
        return -1 if parents is None else int(parents[node]), _function(graph.infos[node])

    functions: dict[tuple[str, str], dict[tuple[int, NodeInfo], int]] = {}
    for node in order:
        info = graph.infos[node]
        alike = functions.setdefault((info.file, info.name), {})
        alike.setdefault(function(node), len(alike) + 1)
    names: dict[int, str] = {}
    for node in order:
        info = graph.infos[node]
        alike = functions[info.file, info.name]
        names[node] = info.name + (f" [{alike[function(node)]}/{len(alike)}]" if len(alike) > 1 else "")
    return names


def _function(info: NodeInfo) -> NodeInfo:
    """The node of the whole function; NodeMap.FindOrInsertNode."""
    return replace(info, address=0, line=0, column=0)


def _address(before: NodeInfo | None, address: int) -> str:
    """An address, or how far it is from the one before where that is shorter; callgrindAddress."""
    if before is None:
        return f"{address:#x}"
    if before.address == address:
        return "*"
    # As the difference of two numbers without signs becomes one with a sign.
    distance = f"{(address - before.address + _HALF) % (2 * _HALF) - _HALF:+d}"
    return min(f"{address:#x}", distance, key=len)
