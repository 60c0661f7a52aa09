"""Frames told apart by the path they are reached on, for -call_tree; google/pprof, graph.newTree and TrimTree."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pipeline.outputs.pprof.graph import Edges, Frames
from pipeline.values import Bools, Int64s


def as_tree(frames: Frames) -> tuple[Frames, Int64s]:
    """The same frames with a node for each path, and the node that each is below, -1 for a root.

    O(frames) a level: as many steps as the deepest stack has frames.
    """
    begins = np.flatnonzero(np.diff(frames.sample, prepend=-1) != 0)
    sizes = np.diff(np.append(begins, len(frames.sample)))
    depth = np.arange(len(frames.sample)) - np.repeat(begins, sizes)
    node = np.full(len(frames.sample), -1, np.int64)
    parents: list[Int64s] = []
    places: list[Int64s] = []
    known, count = 0, max(len(frames.infos), 1)
    by_depth = np.argsort(depth, kind="stable")
    bounds = np.searchsorted(depth[by_depth], np.arange(int(depth.max(initial=-1)) + 2))
    for level in range(len(bounds) - 1):
        here = by_depth[bounds[level] : bounds[level + 1]]
        above = node[here - 1] if level else np.full(len(here), -1, np.int64)
        keys, place = np.unique((above + 1) * count + frames.node[here], return_inverse=True)
        node[here] = known + place
        parents.append(keys // count - 1)
        places.append(keys % count)
        known += len(keys)
    nothing = np.zeros(0, np.int64)
    infos = [frames.infos[place] for place in np.concatenate([nothing, *places]).tolist()]
    return replace(frames, infos=infos, node=node), np.concatenate([nothing, *parents])


def inlined_all_the_way(edges: Edges, direct: Edges, parents: Int64s) -> Bools:
    """Which calls are inlined: over nodes that were dropped only where every step is.

    direct  the calls of the whole tree
    """
    is_inlined = np.zeros(len(parents), np.bool_)
    is_inlined[direct.callee] = direct.is_inlined
    found = edges.is_inlined.copy()
    for place in np.flatnonzero(edges.is_residual).tolist():
        step = int(edges.callee[place])
        while found[place] and step != edges.caller[place]:
            found[place] = is_inlined[step]
            step = int(parents[step])
    return found
