"""What `go tool pprof -top` and `-peek` print, from plain values.

Follows google/pprof as vendored in Go 1.27, and says at each function which one of its it follows:
`internal/report/report.go` for the text, `internal/graph/graph.go` for order and trimming,
`internal/driver/driver.go` for the defaults. Rows are (name, flat, cum); names are what NodeInfo.PrintableName
gives at granularity `functions`.
"""

from __future__ import annotations

import datetime
import posixpath
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np

from pipeline.errors import UsageError
from pipeline.outputs.pprof_graph import Edge, Stacks, call_edges, called_inlined, flat_cum, named
from pipeline.outputs.units import label, percentage, scale, scaled_label
from pipeline.text import printable

Row: TypeAlias = tuple[str, int, int]
Order: TypeAlias = Literal["flat", "cum"]

NODE_FRACTION: Final = 0.005
EDGE_FRACTION: Final = 0.001
_SEPARATOR: Final = "----------------------------------------------------------+-------------"
# pprof's legend ends in these blanks and tabs.
_LEGEND: Final = "      flat  flat%   sum%        cum   cum%   calls calls% + context \t \t "


@dataclass(frozen=True, slots=True)
class TopHeader:
    """What a report says of its profile before the rows.

    sample_type  as shown: `inuse_space`
    unit         of all values: `bytes`
    total        sum of the absolute values of all samples, before any filter, those of the diff base alone when
                 there is one (report.computeTotal)
    file         of the first mapping; only its base name is shown
    time_ns      since 1970, 0 when the profile has none
    filters      `focus=main`, ... in pprof's order
    """

    sample_type: str
    unit: str
    total: int
    file: str = ""
    build_id: str = ""
    comments: tuple[str, ...] = ()
    doc_url: str = ""
    time_ns: int = 0
    duration_ns: int = 0
    filters: tuple[str, ...] = ()
    timezone: datetime.tzinfo = datetime.UTC


@dataclass(frozen=True, slots=True)
class Trimmed:
    """The rows that are shown, in order, and what became of the others.

    dropped      rows whose cum was below the cutoff
    considered   rows left before the node count cut the list
    edge_cutoff  edges lighter than this are not part of the graph
    """

    rows: tuple[Row, ...]
    dropped: int
    considered: int
    edge_cutoff: int


def top_of(
    stacks: Stacks,
    header: TopHeader,
    *,
    order: Order = "flat",
    node_count: int = 0,
    node_fraction: float = NODE_FRACTION,
    edge_fraction: float = EDGE_FRACTION,
    unit: str = "minimum",
) -> str:
    """The text of `pprof -top` for stacks, with the marks of inlined functions; see top."""
    rows = rows_of(stacks)
    shown = trim(rows, order=order, node_count=node_count, node_fraction=node_fraction, edge_fraction=edge_fraction)
    names = {name for name, _, _ in shown.rows}
    kept = np.fromiter((name in names for name in stacks.names), np.bool_, len(stacks.names))
    edges = named(called_inlined(call_edges(stacks, kept=kept)), stacks.names)
    return top(
        rows,
        header,
        order=order,
        node_count=node_count,
        node_fraction=node_fraction,
        unit=unit,
        inlining=inline_marks(edges, cutoff=shown.edge_cutoff),
    )


def peek_of(stacks: Stacks, header: TopHeader, *, pattern: str, order: Order = "flat", unit: str = "minimum") -> str:
    """The text of `pprof -peek=pattern` for stacks; see peek."""
    every = np.ones(len(stacks.names), np.bool_)
    edges = named(call_edges(stacks, kept=every), stacks.names)
    return peek(rows_of(stacks), header, pattern=pattern, edges=edges, order=order, unit=unit)


def rows_of(stacks: Stacks) -> list[Row]:
    """Name, flat and cum of every node."""
    flat, cum = flat_cum(stacks)
    return list(zip(stacks.names, flat.tolist(), cum.tolist(), strict=True))


def top(
    rows: Iterable[Row],
    header: TopHeader,
    *,
    order: Order = "flat",
    node_count: int = 0,
    node_fraction: float = NODE_FRACTION,
    unit: str = "minimum",
    inlining: Mapping[str, str] | None = None,
) -> str:
    """The text of `pprof -top`; report.printText.

    node_count     how many rows at most, 0 for all, as -nodecount
    node_fraction  rows whose cum is less than this share are dropped, as -nodefraction
    unit           of all figures; `minimum` chooses one that suits the smallest, as -unit
    inlining       name -> `(inline)` or `(partial-inline)`, see inline_marks
    """
    shown = trim(rows, order=order, node_count=node_count, node_fraction=node_fraction)
    written = _value_writer(shown.rows, header, unit=unit)
    lines = [
        *_header_lines(shown, header, written=written, node_fraction=node_fraction),
        f"{'flat':>10} {'flat':>5}% {'sum':>5}% {'cum':>10} {'cum':>5}%",
    ]
    flat_sum = 0
    for name, flat, cum in shown.rows:
        flat_sum += flat
        mark = (inlining or {}).get(name, "")
        lines.append(f"{_figures(flat, flat_sum, cum, header, written)}  {name}{' ' if mark else ''}{mark}")
    return _joined(lines)


def peek(
    rows: Iterable[Row],
    header: TopHeader,
    *,
    pattern: str,
    edges: Iterable[Edge],
    order: Order = "flat",
    unit: str = "minimum",
) -> str:
    """The text of `pprof -peek=pattern`: callers above, callees below each match; report.printTree.

    edges  all of them: peek trims nothing (driver.applyCommandOverrides)
    """
    shown = trim(rows, order=order, node_fraction=0.0)
    matches = {name for name, _, _ in matching(shown.rows, pattern)}
    written = _value_writer(shown.rows, header, unit=unit)
    callers, callees = _by_end(edges)
    blocks: list[str] = []
    flat_sum = 0
    for name, flat, cum in shown.rows:
        if name not in matches:
            continue
        flat_sum += flat
        figures = f"{_figures(flat, flat_sum, cum, header, written)}                | {name}"
        blocks += [_SEPARATOR]
        blocks += [_edge_line(edge, edge.caller, cum, written) for edge in sorted(callers.get(name, ()), key=_heaviest)]
        blocks += [figures]
        blocks += [_edge_line(edge, edge.callee, cum, written) for edge in sorted(callees.get(name, ()), key=_heaviest)]
    head = _joined(_header_lines(shown, header, written=written, node_fraction=0.0))
    return f"{head}{_SEPARATOR}\n{_LEGEND}\n{_joined([*blocks, _SEPARATOR])}"


def matching(rows: Sequence[Row], pattern: str) -> list[Row]:
    """The rows whose name a regular expression finds; raises UsageError for a broken one, or when there is none."""
    try:
        expression = re.compile(pattern)
    except re.error as error:
        raise UsageError(
            f"peek {pattern}: not a regular expression: {error}; escape what is meant as it is."
        ) from error
    found = [row for row in rows if expression.search(row[0])]
    if not found:
        raise UsageError(f"peek {pattern}: matches none of the {len(rows)} functions; try a shorter pattern.")
    return found


def trim(
    rows: Iterable[Row],
    *,
    order: Order = "flat",
    node_count: int = 0,
    node_fraction: float = NODE_FRACTION,
    edge_fraction: float = EDGE_FRACTION,
) -> Trimmed:
    """Which rows are shown; report.newTrimmedGraph.

    Two steps. First graph.DiscardLowFrequencyNodes: the cutoff is a fraction of the sum of all *flat* values, signs
    and all, and a row stays when its absolute cum reaches it. Then graph.SelectTopNodes: the first so many after
    Nodes.Sort. Rows of zero are not nodes at all (graph.selectNodesForGraph). The weights of what stays do not
    change when pprof builds its graph anew, so rows can be cut once. Entropy order is for pictures only.
    """
    nodes = [row for row in rows if row[1] or row[2]]
    total = sum(flat for _, flat, _ in nodes)
    cutoff = abs(int(float(total) * node_fraction))
    kept = sorted((row for row in nodes if abs(row[2]) >= cutoff), key=_ORDERS[order])
    return Trimmed(
        rows=tuple(kept[:node_count] if node_count > 0 else kept),
        dropped=len(nodes) - len(kept),
        considered=len(kept),
        edge_cutoff=abs(int(float(total) * edge_fraction)),
    )


def inline_marks(edges: Iterable[Edge], *, cutoff: int) -> dict[str, str]:
    """How each function was called: `(inline)` always inlined, `(partial-inline)` sometimes; report.TextItems.

    edges   of the graph that keeps only the shown rows
    cutoff  Trimmed.edge_cutoff: lighter edges have no say (graph.TrimLowFrequencyEdges)
    """
    calls: dict[str, set[bool]] = {}
    for edge in edges:
        if abs(edge.weight) >= cutoff:
            calls.setdefault(edge.callee, set()).add(edge.inlined)
    return {
        name: "(inline)" if kinds == {True} else "(partial-inline)" for name, kinds in calls.items() if True in kinds
    }


def output_unit(rows: Collection[Row], *, unit: str, total: int) -> str:
    """One unit for all figures, from the smallest one that is not zero; Report.selectOutputUnit."""
    sizes = [abs(flat) or abs(cum) for _, flat, cum in rows]
    smallest = min((size for size in sizes if size), default=total)
    smallest_unit = scale(smallest, unit=unit, to="minimum")[1]
    largest_unit = scale(total, unit=unit, to="minimum")[1]
    if smallest_unit != largest_unit and smallest * 100 < total:
        return scale(100 * smallest, unit=unit, to="minimum")[1] or unit
    return smallest_unit or unit


def _by_flat(row: Row) -> tuple[int, str, int]:
    """graph.FlatNameOrder."""
    return -abs(row[1]), row[0], -abs(row[2])


def _by_cum(row: Row) -> tuple[int, str, int]:
    """graph.CumNameOrder."""
    return -abs(row[2]), row[0], -abs(row[1])


_ORDERS: Final[Mapping[str, Callable[[Row], tuple[int, str, int]]]] = {"flat": _by_flat, "cum": _by_cum}


def _heaviest(edge: Edge) -> tuple[int, str, str]:
    """graph.edgeList.Less."""
    return -abs(edge.weight), edge.caller, edge.callee


def _by_end(edges: Iterable[Edge]) -> tuple[dict[str, list[Edge]], dict[str, list[Edge]]]:
    callers: dict[str, list[Edge]] = {}
    callees: dict[str, list[Edge]] = {}
    for edge in edges:
        callers.setdefault(edge.callee, []).append(edge)
        callees.setdefault(edge.caller, []).append(edge)
    return callers, callees


def _edge_line(edge: Edge, other: str, cum: int, written: Callable[[int], str]) -> str:
    mark = " (inline)" if edge.inlined else ""
    return f"{written(edge.weight):>50} {percentage(edge.weight, cum)} |   {other}{mark}"


def _figures(flat: int, flat_sum: int, cum: int, header: TopHeader, written: Callable[[int], str]) -> str:
    return (
        f"{written(flat):>10} {percentage(flat, header.total)} {percentage(flat_sum, header.total)}"
        f" {written(cum):>10} {percentage(cum, header.total)}"
    )


def _value_writer(rows: Collection[Row], header: TopHeader, *, unit: str) -> Callable[[int], str]:
    # Without rows pprof leaves `minimum` as it is, which scales each figure by itself.
    chosen = output_unit(rows, unit=header.unit, total=header.total) if unit == "minimum" and rows else unit
    return lambda value: scaled_label(value, unit=header.unit, to=chosen)


def _header_lines(
    shown: Trimmed, header: TopHeader, *, written: Callable[[int], str], node_fraction: float
) -> Iterator[str]:
    """report.reportLabels."""
    yield from _profile_lines(header, written=written)
    if header.filters:
        yield "Active filters:"
        yield from (f"   {_shortened(text)}" for text in header.filters)
    shown_total = sum(flat for _, flat, _ in shown.rows)
    share = percentage(shown_total, header.total).strip()
    yield f"Showing nodes accounting for {written(shown_total)}, {share} of {written(header.total)} total"
    if header.total and shown.dropped:
        # The cutoff shown is of the report's total, the one applied of the sum of flat values: pprof does so too.
        cutoff = written(abs(int(float(header.total) * node_fraction)))
        yield f"Dropped {shown.dropped} node{'s' if shown.dropped > 1 else ''} (cum <= {cutoff})"
    if header.total and 0 < len(shown.rows) < shown.considered:
        yield f"Showing top {len(shown.rows)} nodes out of {shown.considered}"


def _profile_lines(header: TopHeader, *, written: Callable[[int], str]) -> Iterator[str]:
    """report.ProfileLabels."""
    if header.file:
        yield f"File: {posixpath.basename(header.file.rstrip('/'))}"
    if header.build_id:
        yield f"Build ID: {header.build_id}"
    yield from (comment for comment in header.comments if not comment.startswith("#"))
    if header.sample_type:
        yield f"Type: {header.sample_type}"
    if header.doc_url:
        yield f"Doc: {header.doc_url}"
    if header.time_ns:
        moment = datetime.datetime.fromtimestamp(header.time_ns // 10**9, header.timezone)
        yield f"Time: {moment:%Y-%m-%d %H:%M:%S %Z}"
    if header.duration_ns:
        nanoseconds, name = scale(header.total, unit=header.unit, to="nanoseconds")
        busy = f"({percentage(int(nanoseconds), header.duration_ns)})" if name == "ns" and nanoseconds else ""
        duration = label(header.duration_ns, unit="nanoseconds")
        yield f"Duration: {duration}, Total samples = {written(header.total)} {busy}"


def _joined(lines: Iterable[str]) -> str:
    """Lines as text, one line each whatever the names in them hold."""
    return "".join([f"{printable(line)}\n" for line in lines])


def _shortened(text: str) -> str:
    """report.legendActiveFilters, which counts bytes."""
    encoded = text.encode()
    return text if len(encoded) <= 80 else encoded[:80].decode(errors="replace") + "…"
