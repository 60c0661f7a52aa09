"""Bars of a flame graph as Grafana takes them: names once, and a flat list of numbers for each level."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.generated.querier_pb2 import FlameGraph, FlameGraphDiff, Level
from pipeline.values import Int64s, Result

_RIGHT = ("shiftRight", "valueRight", "selfRight")
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


def _parts(table: pa.Table, columns: tuple[str, ...]) -> tuple[list[str], list[Int64s]]:
    # The first bar is the root, and so the first name is `total`.
    labels = table["label"].combine_chunks().dictionary_encode()
    numbers = [table[column].to_numpy().astype(np.int64) for column in columns]
    flat = np.column_stack([*numbers, labels.indices.to_numpy().astype(np.int64)])
    begins = np.flatnonzero(np.diff(table["level"].to_numpy())) + 1
    return labels.dictionary.to_pylist(), [level.reshape(-1) for level in np.split(flat, begins)]
