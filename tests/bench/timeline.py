"""The timeline of a large trace: opened no slower than Go's reader iterates over it; and its dearest tile."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path

import numpy as np

from pipeline import flow
from pipeline.inputs.limits import Limits
from pipeline.warehouse import timeline
from pipeline.warehouse import timeline_questions as asked
from tests.bench.big_trace import read_in_go_ms
from tests.bench.comparison import Comparison, in_turn, median_ms

_LIMITS = Limits(max_plain_bytes=256 << 20, max_ratio=1000, max_members=100_000, max_depth=3)
_TILE_MS = 300.0


def look_at_trace(file: Path, *, pairs: int) -> list[Comparison]:
    """What `heapscape serve` needs to open a trace, and for the tile of every level that needs longest."""
    with tempfile.TemporaryDirectory() as folder:
        lake, database = f"{folder}/lake", f"{folder}/bench.duckdb"
        flow.ingest([str(file)], lake, labels={}, limits=_LIMITS)
        flow.load(lake, database)
        with flow.open_warehouse(database) as connection:
            (trace,) = asked.traces(connection).table.to_pylist()
            opened = partial(timeline.opened, connection, trace["trace_id"])
            times = in_turn(
                partial(read_in_go_ms, file, passes=3), partial(median_ms, opened, seconds=0.5), pairs=pairs
            )
            line = opened()
            lanes = timeline.Lanes(np.arange(min(len(line.goroutines), 100)))
            tile = partial(timeline.tile, connection, line, lanes)
            tiles = [
                median_ms(partial(tile, level=level, index=line.duration_ns * tenth // 10 >> level + 9), seconds=0.0)
                for level in range(timeline.FINEST, (line.duration_ns // timeline.PIXELS).bit_length() + 1)
                for tenth in (0, 3, 5, 9)
            ]
    return [
        Comparison("large trace's timeline opened", *times, target=1.0),
        Comparison("… its dearest tile, 300 ms promised", (_TILE_MS,), (max(tiles),), target=1.0),
    ]
