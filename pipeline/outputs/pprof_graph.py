"""The call graph behind pprof's text reports, from stacks, without a Python loop over them.

Follows google/pprof `internal/graph/graph.go` (as vendored in Go 1.27): newGraph for weights, residual and inlined
edges, TrimLowFrequencyEdges for the cutoff. A node here is a name, which is what Aggregate leaves of a NodeInfo at
the default granularity `functions`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.values import Bools, Int64s


@dataclass(frozen=True, slots=True)
class Stacks:
    """Samples as runs of frames, root first, inlining unfolded.

    names    a node each
    offsets  int64 (n + 1,)  where the frames of each sample begin
    frames   int64           index into `names`
    inlined  bool            the frame was inlined into the one before it
    values   int64 (n,)      weight of each sample; equal stacks may be one sample with their sum
    """

    names: Sequence[str]
    offsets: Int64s
    frames: Int64s
    inlined: Bools
    values: Int64s


@dataclass(frozen=True, slots=True)
class Edges:
    """Calls between nodes: one entry per distinct caller and callee.

    inlined  every call it stands for was inlined
    """

    caller: Int64s
    callee: Int64s
    weight: Int64s
    inlined: Bools


@dataclass(frozen=True, slots=True)
class Edge:
    """One call between two functions, by name."""

    caller: str
    callee: str
    weight: int
    inlined: bool = False


def flat_cum(stacks: Stacks) -> tuple[Int64s, Int64s]:
    """Weight at the leaf, and weight anywhere on the stack, of every node.

    A recursive function counts once per sample; O(frames log frames) for the sort that finds repetitions.
    """
    count = max(len(stacks.names), 1)
    lengths = np.diff(stacks.offsets)
    leaf_of = np.flatnonzero(lengths > 0)
    flat = _sum_at(stacks.frames[stacks.offsets[leaf_of + 1] - 1], stacks.values[leaf_of], len(stacks.names))
    sample = np.repeat(np.arange(len(lengths)), lengths)
    # Sorting beats np.unique, which hashes from numpy 2.3 on, by ten times here.
    pairs = np.sort(sample * count + stacks.frames)
    once = pairs[np.diff(pairs, prepend=-1) != 0]
    cum = _sum_at(once % count, stacks.values[once // count], len(stacks.names))
    return flat, cum


def call_edges(stacks: Stacks, *, kept: Bools) -> Edges:
    """Edges of the graph that keeps only some nodes; a dropped node in between is bridged.

    As in newGraph: a sample counts once per edge, whether it is inlined is told by the first call of the sample,
    a function calling itself makes no edge, and samples of weight zero make none.
    """
    sample = np.repeat(np.arange(len(stacks.values)), np.diff(stacks.offsets))
    seen = np.flatnonzero(kept[stacks.frames] & (stacks.values[sample] != 0))
    sample, frames, inlined = sample[seen], stacks.frames[seen], stacks.inlined[seen]
    call = 1 + np.flatnonzero((sample[1:] == sample[:-1]) & (frames[1:] != frames[:-1]))
    pairs, pair_of = np.unique(frames[call - 1] * len(stacks.names) + frames[call], return_inverse=True)
    first = np.unique(sample[call] * max(len(pairs), 1) + pair_of, return_index=True)[1]
    weight = _sum_at(pair_of[first], stacks.values[sample[call[first]]], len(pairs))
    not_inlined = np.bincount(pair_of[first], weights=~inlined[call[first]], minlength=len(pairs))
    count = max(len(stacks.names), 1)
    return Edges(pairs // count, pairs % count, weight, not_inlined == 0)


def called_inlined(edges: Edges) -> Edges:
    """The edges into functions that were inlined somewhere: all that a mark of inlining can depend on."""
    wanted = np.isin(edges.callee, edges.callee[edges.inlined])
    return Edges(edges.caller[wanted], edges.callee[wanted], edges.weight[wanted], edges.inlined[wanted])


def named(edges: Edges, names: Sequence[str]) -> tuple[Edge, ...]:
    """The same edges one by one, with names in place of indices."""
    columns = (column.tolist() for column in (edges.caller, edges.callee, edges.weight, edges.inlined))
    return tuple(Edge(names[a], names[b], weight, inlined) for a, b, weight, inlined in zip(*columns, strict=True))


def _sum_at(indices: Int64s, values: Int64s, size: int) -> Int64s:
    total = np.zeros(size, np.int64)
    np.add.at(total, indices, values)
    return total
