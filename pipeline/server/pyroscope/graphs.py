"""Bars of a flame graph as Grafana takes them: names once, and a flat list of numbers for each level; as a tree; as JSON of /render."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.generated.querier_pb2 import FlameGraph, FlameGraphDiff, Level
from pipeline.protobuf_rows import joined, taken, texts, varints
from pipeline.values import Int64s, Result

_RIGHT = ("shiftRight", "valueRight", "selfRight")
_OBJECTS = frozenset({"inuse_objects", "alloc_objects", "goroutine", "samples"})
_BOTH = ("shift", "value", "self", *_RIGHT)


def single(bars: Result) -> FlameGraph:
    """One flame graph: the right side of the bars."""
    names, levels = _parts(bars.table, _RIGHT)
    return FlameGraph(
        names=names,
        levels=[Level(values=level.tolist()) for level in levels],
        total=bars.table["valueRight"][0].as_py(),
        max_self=pc.max(bars.table["selfRight"]).as_py(),
    )


def double(bars: Result) -> FlameGraphDiff:
    """The left and the right laid over each other."""
    names, levels = _parts(bars.table, _BOTH)
    left, right = bars.table["value"][0].as_py(), bars.table["valueRight"][0].as_py()
    return FlameGraphDiff(
        names=names,
        levels=[Level(values=level.tolist()) for level in levels],
        # A sum of two that may be at the end of what 64 bits hold.
        total=min(left + right, (1 << 63) - 1),
        max_self=max(pc.max(bars.table["self"]).as_py(), pc.max(bars.table["selfRight"]).as_py()),
        leftTicks=left,
        rightTicks=right,
    )


def tree(bars: Result) -> bytes:
    """One flame graph as Pyroscope's own tree: the nodes in depth-first order, each its name, its own weight, and how many are below it.

    pyroscope: pkg/model/tree.go. The first node is the root, and nameless; nothing at all is no bytes.
    """
    table = bars.table
    if table["valueRight"][0].as_py() == 0:
        return b""
    place, level = table["node_index"].to_numpy().astype(np.int64), table["level"].to_numpy().astype(np.int64)
    # Bars are sorted by level and place: the caller of one is the last of the level above that comes before it.
    width = int(place.max()) + 1
    caller = np.searchsorted(level * width + place, (level[1:] - 1) * width + place[1:]) - 1
    children = np.bincount(caller, minlength=len(place))
    names = pa.concat_arrays([pa.array([""]), table["label"].combine_chunks()[1:].cast(pa.string())])
    name = texts(names)
    nodes = joined(varints(name.sizes), name, varints(table["selfRight"].to_numpy()), varints(children))
    return taken(nodes, np.argsort(place)).data.tobytes()


def flamebearer(graph: FlameGraph | FlameGraphDiff, profile_type: str) -> dict[str, object]:
    """What is drawn by /render and /render-diff: numbers are plain there, not text."""
    _, name, unit, *_ = profile_type.split(":")
    if name == "cpu":
        units, rate = "samples", 1_000_000_000
    else:
        units, rate = "objects" if name in _OBJECTS else unit, 100
    ticks: dict[str, int] = {}
    if isinstance(graph, FlameGraphDiff):
        ticks = {"leftTicks": graph.leftTicks, "rightTicks": graph.rightTicks}
    return {
        "version": 1,
        "flamebearer": {
            "names": list(graph.names),
            "levels": [list(level.values) for level in graph.levels],
            "numTicks": graph.total,
            "maxSelf": graph.max_self,
        },
        "metadata": {
            "format": "double" if ticks else "single",
            "spyName": "gospy",
            "sampleRate": rate,
            "units": units,
            "name": name,
        },
        **ticks,
    }


def _parts(table: pa.Table, columns: tuple[str, ...]) -> tuple[list[str], list[Int64s]]:
    # The first bar is the root, and so the first name is `total`.
    labels = table["label"].combine_chunks().dictionary_encode()
    numbers = [table[column].to_numpy().astype(np.int64) for column in columns]
    flat = np.column_stack([*numbers, labels.indices.to_numpy().astype(np.int64)])
    begins = np.flatnonzero(np.diff(table["level"].to_numpy())) + 1
    return labels.dictionary.to_pylist(), [level.reshape(-1) for level in np.split(flat, begins)]
