"""Functions and calls with their weights, and what of them is shown; google/pprof, internal/graph/graph.go and report.newTrimmedGraph."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from pipeline.outputs import units
from pipeline.outputs.pprof.nodes import NodeInfo, Nodes, nodes_of
from pipeline.outputs.pprof.report import Report, quotient
from pipeline.values import Bools, Int64s


@dataclass(frozen=True, slots=True)
class Frames:
    """The frames of all samples that weigh something, root first.

    sample      int64  of each frame
    node        int64
    is_inlined  bool   the frame was inlined into the one before it
    values      int64 (samples,)
    divisors    int64 (samples,)
    """

    infos: Sequence[NodeInfo]
    sample: Int64s
    node: Int64s
    is_inlined: Bools
    values: Int64s
    divisors: Int64s


@dataclass(frozen=True, slots=True)
class Edges:
    """Calls between nodes: one for each caller and callee.

    is_residual  some call went through a node that was left out
    is_inlined   every call was inlined
    """

    caller: Int64s
    callee: Int64s
    weight: Int64s
    divisor: Int64s
    is_residual: Bools
    is_inlined: Bools

    def kept(self, is_kept: Bools) -> Edges:
        """Some of them."""
        return Edges(
            self.caller[is_kept],
            self.callee[is_kept],
            self.weight[is_kept],
            self.divisor[is_kept],
            self.is_residual[is_kept],
            self.is_inlined[is_kept],
        )


@dataclass(frozen=True)
class Graph:
    """Nodes with their weights, and the calls between them.

    present  of all nodes those that the graph lists; edges may lead to others (graph.selectNodesForGraph)
    """

    infos: Sequence[NodeInfo]
    flat: Int64s
    flat_divisor: Int64s
    cum: Int64s
    cum_divisor: Int64s
    present: Bools
    edges: Edges

    @cached_property
    def names(self) -> list[str]:
        """How each node is printed."""
        return [info.printable for info in self.infos]

    def flat_value(self, node: int) -> int:
        """Node.FlatValue."""
        return _mean(int(self.flat[node]), int(self.flat_divisor[node]))

    def cum_value(self, node: int) -> int:
        """Node.CumValue."""
        return _mean(int(self.cum[node]), int(self.cum_divisor[node]))


@dataclass(frozen=True, slots=True)
class Trimmed:
    """What is left of a graph, and what became of the rest.

    order          the nodes that are shown, as they are
    considered     nodes left before their number was limited
    dropped_nodes  nodes below the cutoff
    dropped_edges  calls below theirs
    """

    graph: Graph
    order: Sequence[int]
    considered: int
    dropped_nodes: int
    dropped_edges: int


def frames_of(report: Report) -> Frames:
    """The frames of a report's samples."""
    settings, profile = report.settings, report.profile
    nodes = nodes_of(
        profile,
        has_object_names=report.kind.has_object_names,
        trim_path=settings.trim_path,
        source_path=settings.source_path,
    )
    divisors = np.zeros(len(profile), np.int64) if report.divisors is None else report.divisors
    weighs = (report.values != 0) | (divisors != 0)
    some = profile.samples_kept(weighs)
    frame, sample = unfolded(nodes, some.stacks, some.owner)
    return Frames(
        nodes.infos,
        sample[::-1],
        nodes.node[frame][::-1],
        nodes.is_inlined[frame][::-1],
        report.values[weighs],
        divisors[weighs],
    )


def unfolded(nodes: Nodes, stacks: Int64s, owner: Int64s) -> tuple[Int64s, Int64s]:
    """The frames of stacks, leaf first, and the sample of each."""
    sizes = np.diff(nodes.offsets)[stacks]
    ends = np.cumsum(sizes)
    frame = np.repeat(nodes.offsets[stacks] - (ends - sizes), sizes) + np.arange(ends[-1] if len(ends) else 0)
    return frame, np.repeat(owner, sizes)


def whole(frames: Frames, *, drops_negative: bool = False) -> Graph:
    """The graph of all nodes; graph.newGraph with nothing kept out."""
    count = len(frames.infos)
    is_leaf = np.diff(frames.sample, append=-1) != 0
    leaf, of_leaf = frames.node[is_leaf], frames.sample[is_leaf]
    # Once a sample, however often the function is on the stack.
    # Sorting beats np.unique, which hashes from numpy 2.3 on, by ten times here.
    pairs = np.sort(frames.sample * max(count, 1) + frames.node)
    pairs = pairs[np.diff(pairs, prepend=-1) != 0]
    node, sample = pairs % max(count, 1), pairs // max(count, 1)
    flat, flat_divisor = (_sum_at(leaf, values[of_leaf], count) for values in (frames.values, frames.divisors))
    cum, cum_divisor = (_sum_at(node, values[sample], count) for values in (frames.values, frames.divisors))
    present = (flat != 0) | (cum != 0)
    if drops_negative:
        present &= ~((flat < 0) | ((flat == 0) & (cum < 0)))
    edges = edges_of(frames, np.ones(count, np.bool_))
    return Graph(frames.infos, flat, flat_divisor, cum, cum_divisor, present, edges)


def rebuilt(graph: Graph, frames: Frames, kept: Bools) -> Graph:
    """The graph that keeps only some nodes; graph.newGraph. Their weights stay, and calls go over what is left out."""
    return replace(graph, present=kept, edges=edges_of(frames, kept))


def edges_of(frames: Frames, kept: Bools) -> Edges:
    """Calls between the nodes that are kept; one in between that is not is bridged.

    A sample counts once for each call, and its first one says whether it was inlined or bridged; a function that calls
    itself makes none.
    """
    count = max(len(frames.infos), 1)
    seen = np.flatnonzero(kept[frames.node])
    sample, node = frames.sample[seen], frames.node[seen]
    call = 1 + np.flatnonzero((sample[1:] == sample[:-1]) & (node[1:] != node[:-1]))
    pairs, pair = np.unique(node[call - 1] * count + node[call], return_inverse=True)
    first = np.unique(sample[call] * max(len(pairs), 1) + pair, return_index=True)[1]
    of_first, pair = call[first], pair[first]
    in_sample = sample[of_first]
    is_residual = seen[of_first] - seen[of_first - 1] > 1
    not_inlined = ~frames.is_inlined[seen[of_first]]
    return Edges(
        caller=pairs // count,
        callee=pairs % count,
        weight=_sum_at(pair, frames.values[in_sample], len(pairs)),
        divisor=_sum_at(pair, frames.divisors[in_sample], len(pairs)),
        is_residual=np.bincount(pair[is_residual], minlength=len(pairs)) > 0,
        is_inlined=np.bincount(pair[not_inlined], minlength=len(pairs)) == 0,
    )


def trimmed(report: Report) -> Trimmed:
    """The graph that a report shows: without what is too small, no more nodes than asked; report.newTrimmedGraph."""
    settings, frames = report.settings, frames_of(report)
    graph = whole(frames, drops_negative=settings.drop_negative)
    total = float(int(graph.flat[graph.present].sum()))
    node_cutoff, edge_cutoff = (abs(int(total * share)) for share in (settings.nodefraction, settings.edgefraction))
    dropped = 0
    if node_cutoff > 0:
        kept = graph.present & (np.abs(graph.cum) >= node_cutoff)
        dropped = int(graph.present.sum() - kept.sum())
        graph = rebuilt(graph, frames, kept) if dropped else graph
    order = in_order(graph, is_by_cum=settings.sort == "cum")
    considered = len(order)
    if 0 < settings.nodecount < considered:
        order = order[: settings.nodecount]
        kept = np.zeros(len(graph.infos), np.bool_)
        kept[order] = True
        graph = rebuilt(graph, frames, kept)
    # Edges to nodes that are not listed are not looked at (TrimLowFrequencyEdges).
    is_light = (np.abs(graph.edges.weight) < edge_cutoff) & graph.present[graph.edges.callee]
    graph = replace(graph, edges=graph.edges.kept(~is_light))
    return Trimmed(graph, order, considered, dropped, int(is_light.sum()))


def in_order(graph: Graph, *, is_by_cum: bool) -> list[int]:
    """The nodes of a graph, the heaviest first: FlatNameOrder or CumNameOrder of Nodes.Sort."""
    by, other = (graph.cum, graph.flat) if is_by_cum else (graph.flat, graph.cum)
    first, second, names = np.abs(by).tolist(), np.abs(other).tolist(), graph.names
    return sorted(np.flatnonzero(graph.present).tolist(), key=lambda node: (-first[node], names[node], -second[node]))


def output_unit(report: Report, trimmed: Trimmed) -> str:
    """One unit for all figures, from the smallest that is not zero; Report.selectOutputUnit."""
    wanted, graph = report.settings.unit, trimmed.graph
    if wanted != "minimum" or not trimmed.order:
        return wanted
    sizes = [abs(graph.flat_value(node)) or abs(graph.cum_value(node)) for node in trimmed.order]
    least, most = (
        report.divided(value) for value in (min((size for size in sizes if size), default=report.total), report.total)
    )
    of_least, of_most = (units.scale(value, unit=report.unit, to="minimum")[1] for value in (least, most))
    if of_least != of_most and least * 100 < most:
        return units.scale(100 * least, unit=report.unit, to="minimum")[1] or report.unit
    return of_least or report.unit


def _mean(value: int, divisor: int) -> int:
    return quotient(value, divisor) if divisor else value


def _sum_at(places: Int64s, values: Int64s, size: int) -> Int64s:
    total = np.zeros(size, np.int64)
    np.add.at(total, places, values)
    return total
