"""The module of every stack's leaf, for who asks series after series for its growth by module.

`attribution.modules_between` looks each up anew, which takes more to be planned than to be answered.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.values import Int32s, Int64s, Result
from pipeline.warehouse.query import ask

# Stacks that are held in memory all at once; four bytes each.
_MOST_STACKS = 4_000_000


@dataclass(frozen=True, slots=True, eq=False)
class LeafModules:
    """Modules as they are told of, the last one of stacks that have none; and the place of its module by number of a stack."""

    rows: pa.Table
    places: Int32s


def every_leaf_module(connection: duckdb.DuckDBPyConnection) -> LeafModules | None:
    """Those of all stacks of a database; None where they are too many."""
    query = "SELECT coalesce(MAX(stack_id), 0) AS last FROM stack"
    (last,) = ask(connection, query, described=False).table["last"].to_pylist()
    if last >= _MOST_STACKS:
        return None
    found = ask(connection, _LEAVES, described=False).table
    rows = found.group_by(["place", *_NAMES]).aggregate([]).sort_by("place").select(_NAMES)
    nothing = pa.table({"module": [None], "version": [None], "is_own": [False]}, rows.schema)
    places = np.full(last + 1, rows.num_rows, np.int32)
    places[found["stack_id"].to_numpy()] = found["place"].to_numpy()
    return LeafModules(pa.concat_tables([rows, nothing]), places)


def growth_by_module(leaves: LeafModules, weighed: pa.Table, series_id: int) -> Result:
    """As `attribution.modules_between` has it, of a series' stacks as `flame_tree.weighed` has them."""
    weighed = weighed.filter(pc.not_equal(weighed["left"], weighed["right"]))
    own = leaves.places[weighed["stack_id"].to_numpy()]
    shown = np.unique(own)
    told = leaves.rows.take(pa.array(shown))
    before, after = (_sums(np.searchsorted(shown, own), weighed[side].to_numpy(), len(shown)) for side in _SIDES)
    grown = [later - earlier for earlier, later in zip(before, after, strict=True)]
    sums, (in_all,) = _clamped(grown), _clamped([sum(grown)])
    table = pa.table(
        {
            "series_id": pa.array([series_id] * len(shown), pa.int32()),
            **{name: told[name] for name in _NAMES},
            "growth_bytes": pa.array(sums, pa.int64()),
            "growth_share": pa.array([one / in_all if in_all else None for one in sums], pa.float64()),
        }
    )
    order = [("growth_bytes", "descending"), ("module", "ascending"), ("version", "ascending")]
    return Result("growth by module", (), table.sort_by(order))


def _sums(places: Int64s, values: Int64s, count: int) -> list[int]:
    """Sums of values by place, which no 64 bits may hold: each half is added up for itself."""
    high, low = np.zeros(count, np.int64), np.zeros(count, np.int64)
    np.add.at(high, places, values >> 32)
    np.add.at(low, places, values & 0xFFFFFFFF)
    return [(upper << 32) + lower for upper, lower in zip(high.tolist(), low.tolist(), strict=True)]


def _clamped(sums: list[int]) -> list[int]:
    return [min(max(one, -(1 << 63)), (1 << 63) - 1) for one in sums]


_NAMES = ["module", "version", "is_own"]
_SIDES = ("left", "right")
_LEAVES = """
WITH leaves AS (
  SELECT stack_id, module, version, coalesce(is_own, false) AS is_own
  FROM attribution._leaf_module(NULL)
)
SELECT *, (dense_rank() OVER (ORDER BY module, version, is_own) - 1)::INTEGER AS place
FROM leaves
"""
