"""The call graph that pprof draws: which nodes and calls of all there are, in which order; google/pprof, report.newTrimmedGraph.

This is its visual mode; `graph` has that of the texts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from pipeline.outputs.pprof.call_tree import as_tree, inlined_all_the_way
from pipeline.outputs.pprof.graph import Edges, Graph, Trimmed, frames_of, rebuilt, whole
from pipeline.outputs.pprof.nodelets import MOST, NodeTags, node_tags
from pipeline.outputs.pprof.nodes import NodeInfo
from pipeline.outputs.pprof.report import Report
from pipeline.values import Bools, Int64s

_LEAST_INT64: Final = -(2**63)


@dataclass(frozen=True, slots=True)
class Picture:
    """What is drawn: nodes and calls, and the labels that stand beside the nodes."""

    trimmed: Trimmed
    tags: NodeTags


def picture(report: Report) -> Picture:
    """What is worth drawing; newTrimmedGraph.

    Light nodes go first, then those that only pass on what they get, as entropy tells. What is left is linked anew over what
    was dropped, and a link over dropped nodes goes where another way leads to the same node.
    """
    settings, frames, parents = report.settings, frames_of(report), None
    if settings.call_tree:
        frames, parents = as_tree(frames)
    graph = full = whole(frames, drops_negative=settings.drop_negative)
    total = float(int(graph.flat[graph.present].sum()))
    node_cutoff, edge_cutoff = (abs(int(total * share)) for share in (settings.nodefraction, settings.edgefraction))
    kept, dropped = np.ones(len(graph.infos), np.bool_), 0
    if node_cutoff > 0:
        heavy = graph.present & (np.abs(graph.cum) >= node_cutoff)
        dropped = int(graph.present.sum() - heavy.sum())
        if dropped:
            kept, graph = heavy, rebuilt(graph, frames, heavy)
    order = by_entropy(graph)
    considered = len(order)
    if settings.nodecount > 0:
        graph = _without_light(graph, edge_cutoff)
        tags = node_tags(report, frames, kept=kept).heavier(node_cutoff)
        counts = np.minimum(tags.counts(len(graph.infos)), MOST)
        order = order[: _room(counts[order], settings.nodecount)]
        if len(order) < considered:
            kept = np.zeros(len(graph.infos), np.bool_)
            kept[order] = True
            graph = rebuilt(graph, frames, kept)
            order = by_entropy(graph)
    if parents is not None:
        inlined = inlined_all_the_way(graph.edges, full.edges, parents)
        graph = replace(graph, edges=replace(graph.edges, is_inlined=inlined))
    before = len(graph.edges.weight)
    graph = _without_light(graph, edge_cutoff)
    light = before - len(graph.edges.weight)
    graph = replace(graph, edges=_without_redundant(graph, order))
    return Picture(
        Trimmed(graph, order, considered, dropped, light),
        node_tags(report, frames, kept=kept).heavier(node_cutoff),
    )


def by_entropy(graph: Graph) -> list[int]:
    """The nodes, the most telling first; graph.EntropyOrder."""
    return ordered(graph, entropy(graph), graph.flat)


def ordered(graph: Graph, first: Int64s, second: Int64s) -> list[int]:
    """The nodes by weight, name, and another weight, with pprof's last word on what ties; Nodes.Sort."""
    # As Go takes absolutes: that of the least number is itself.
    of_first, of_second, names = np.abs(first).tolist(), np.abs(second).tolist(), graph.names

    def key(node: int) -> tuple[int, str, int, str]:
        return -of_first[node], names[node], -of_second[node], _sprint(graph.infos[node])

    return sorted(np.flatnonzero(graph.present).tolist(), key=key)


def entropy(graph: Graph) -> Int64s:
    """graph.entropyScore: nodes that pass all on, from one to one, have the least."""
    edges, nothing = graph.edges, np.zeros_like(graph.flat)
    score = _spread(edges.callee, edges.weight, nothing) + _spread(edges.caller, edges.weight, graph.flat)
    with np.errstate(all="ignore"):
        product = score * graph.cum
        # Go makes the least number of what is none, or too large a one, on the machines we know.
        is_sound = np.abs(product) < 2.0**63
        whole_numbers = np.where(is_sound, np.trunc(np.where(is_sound, product, 0.0)).astype(np.int64), _LEAST_INT64)
        return whole_numbers + graph.flat


def drawn_edges(graph: Graph) -> Edges:
    """The calls out of what is shown, the heaviest first; EdgeMap.Sort."""
    edges, names = graph.edges, graph.names
    weights, callers, callees = (column.tolist() for column in (edges.weight, edges.caller, edges.callee))

    def key(place: int) -> tuple[int, str, str]:
        return -abs(weights[place]), names[callers[place]], names[callees[place]]

    return edges.kept(np.array(sorted(np.flatnonzero(graph.present[edges.caller]).tolist(), key=key), np.int64))


def _sprint(info: NodeInfo) -> str:
    """graph.compareNodes: what fmt.Sprint makes of it; the second field is a name that is never kept."""
    numbers = f"{info.start_line} {info.line} {info.column}"
    return f"{{{info.name}  {info.address} {info.file} {numbers} {info.binary}}}"


def _spread(end: Int64s, weight: Int64s, own: Int64s) -> np.ndarray:
    """The entropy of the calls at one end of each node, 1 where it has none; edgeEntropyScore."""
    size = len(own)
    total = own.astype(np.float64) + np.bincount(end, weights=np.where(weight > 0, weight, 0), minlength=size)
    with np.errstate(all="ignore"):
        part = np.abs(weight) / total[end]
        score = np.bincount(end, weights=-part * np.log2(part), minlength=size).astype(np.float64)
        mine = np.abs(own) / total
        score += np.where(own > 0, -mine * np.log2(mine), 0.0)
    score = np.where(total != 0, score, 0.0)
    return np.where(np.bincount(end, minlength=size) > 0, score, 1.0)


def _room(tags: Int64s, nodecount: int) -> int:
    """How many nodes there is room for where labels take room too; selectTopNodes."""
    full = np.flatnonzero(np.cumsum(tags + 1) >= nodecount)
    return int(full[0]) + 1 if len(full) else nodecount


def _without_light(graph: Graph, cutoff: int) -> Graph:
    """TrimLowFrequencyEdges, which looks at calls of what is shown alone."""
    edges = graph.edges
    return replace(graph, edges=edges.kept((np.abs(edges.weight) >= cutoff) | ~graph.present[edges.callee]))


def _without_redundant(graph: Graph, order: Sequence[int]) -> Edges:
    """Without links over dropped nodes to what can be reached another way; RemoveRedundantEdges."""
    edges, names = graph.edges, graph.names
    if not edges.is_residual.any():
        return edges
    left = np.ones(len(edges.weight), np.bool_)
    caller, weight = edges.caller.tolist(), edges.weight.tolist()
    calls: dict[int, list[int]] = {}
    for place, callee in enumerate(edges.callee.tolist()):
        calls.setdefault(callee, []).append(place)
    for node in reversed(order):
        lightest_last = sorted(calls.get(node, ()), key=lambda place: (-abs(weight[place]), names[caller[place]]))
        for place in reversed(lightest_last):
            if not edges.is_residual[place]:
                # None heavier than a true call goes.
                break
            if _is_reached(node, place, calls, caller, left):
                left[place] = False
    return edges.kept(left)


def _is_reached(
    node: int, without: int, calls: Mapping[int, Sequence[int]], caller: Sequence[int], left: Bools
) -> bool:
    """Whether a call's caller leads to its callee some other way; isRedundantEdge."""
    wanted = caller[without]
    seen, waiting = {node}, [node]
    while waiting:
        for place in calls.get(waiting.pop(), ()):
            above = caller[place]
            if place == without or not left[place] or above in seen:
                continue
            if above == wanted:
                return True
            seen.add(above)
            waiting.append(above)
    return False
