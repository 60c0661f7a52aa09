"""Flame graphs of many profiles: the stacks' weights are added up in DuckDB, and their paths folded into a tree here, level by level.

The rows are those of `flame.weighted`, which joins, sorts and groups every frame of every stack.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipeline.values import Int64s, Result
from pipeline.warehouse.query import ask

_MOST: Final = (1 << 63) - 1

_WEIGHED = """
WITH counted AS (
  SELECT profile_id, SUM(times_left)::INTEGER AS times_left, SUM(times_right)::INTEGER AS times_right
  FROM (
    SELECT unnest($base::INTEGER[]) AS profile_id, 1 AS times_left, 0 AS times_right
    UNION ALL
    SELECT unnest($ids::INTEGER[]), 0, 1
  )
  GROUP BY profile_id
),
weighed AS (
  SELECT
    stack_id,
    int64.clamp(SUM(value::HUGEINT * times_left)) AS "left",
    int64.clamp(SUM(value::HUGEINT * times_right)) AS "right"
  FROM main.sample_value AS sample
  JOIN counted USING (profile_id)
  WHERE sample_type = $wanted AND ($stacks IS NULL OR stack_id IN (SELECT unnest($stacks::INTEGER[])))
  GROUP BY stack_id
)
SELECT weighed.*, paths.label_ids, paths.lines
FROM weighed
JOIN stack_path AS paths USING (stack_id)
ORDER BY stack_id
"""

# In the order of their names, which is that of siblings.
_NAMES = """
WITH functions AS (
  SELECT name, any_value(package) AS package, MIN(nullif(file, '')) AS file
  FROM function
  WHERE name IN (SELECT label FROM stack_label WHERE label_id IN (SELECT unnest($labels::INTEGER[])))
  GROUP BY name
)
SELECT label_id, label, functions.name AS function, functions.package, functions.file
FROM stack_label
LEFT JOIN functions ON functions.name = label
WHERE label_id IN (SELECT unnest($labels::INTEGER[]))
ORDER BY label
"""


def tree(
    connection: duckdb.DuckDBPyConnection,
    base_ids: Sequence[int],
    profile_ids: Sequence[int],
    sample_type: str,
    *,
    stacks: Sequence[int] | None = None,
    most: int | None = None,
) -> Result:
    """Rows of two flame graphs laid over each other, in depth-first order; see `flame.diff`.

    most  no more nodes than that, the heaviest; what is left out is in its callers' weight all the same
    """
    parameters = {
        "base": list(dict.fromkeys(base_ids)),
        "ids": list(dict.fromkeys(profile_ids)),
        "wanted": sample_type,
        "stacks": None if stacks is None else list(stacks),
    }
    weighed = ask(connection, _WEIGHED, parameters, name="stacks", described=False).table
    paths = weighed["label_ids"].combine_chunks()
    labels = paths.flatten().to_numpy()
    known = np.unique(labels)
    names = ask(connection, _NAMES, {"labels": known.tolist()}, name="names", described=False).table
    # A label's place among those that are there, by name.
    place = np.empty(len(known), np.int64)
    place[np.searchsorted(known, names["label_id"].to_numpy())] = np.arange(len(known))
    offsets = np.asarray(paths.offsets).astype(np.int64)
    stacks_ = _Stacks(
        offsets - offsets[0],
        place[np.searchsorted(known, labels)],
        weighed["lines"].combine_chunks().flatten().to_numpy().astype(np.int64),
        np.stack([weighed["left"].to_numpy(), weighed["right"].to_numpy()]),
        weighed["stack_id"].to_numpy(),
    )
    return _told(_folded(stacks_, max(1, len(known))), names, most)


@dataclass(frozen=True, slots=True)
class _Stacks:
    """Stacks root first: where the frames of each begin, the name and line of every frame, both weights, and their ids."""

    offsets: Int64s
    names: Int64s
    lines: Int64s
    weights: Int64s
    ids: npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class _Nodes:
    """Nodes level by level, those of a level by their callers' place and then by name; -1 where there is no line, no stack, no name."""

    level: Int64s
    caller: Int64s
    name: Int64s
    line: Int64s
    stack: Int64s
    value: Int64s
    own: Int64s

    def depth_first(self) -> Int64s:
        """Each node's place when callees follow their caller."""
        count = len(self.level)
        bounds = np.flatnonzero(np.diff(self.level, prepend=-1, append=self.level[-1] + 1))
        sizes = np.ones(count, np.int64)
        for begin, end in zip(bounds[-2:0:-1], bounds[:1:-1], strict=True):
            np.add.at(sizes, self.caller[begin:end], sizes[begin:end])
        places = np.zeros(count, np.int64)
        for begin, end in pairwise(bounds[1:]):
            caller, before = self.caller[begin:end], np.cumsum(sizes[begin:end]) - sizes[begin:end]
            is_first = np.append(True, caller[1:] != caller[:-1])
            eldest = np.maximum.accumulate(np.where(is_first, np.arange(len(caller)), 0))
            places[begin:end] = places[caller] + 1 + before - before[eldest]
        return places


def _folded(stacks: _Stacks, names: int) -> _Nodes:
    depth = np.diff(stacks.offsets)
    node = np.zeros(len(depth), np.int64)
    inside = np.arange(len(depth))
    none = np.array([-1])
    levels = [_level(stacks, inside, node, depth == 0, caller=none, name=none, line=none, level=0)]
    count = 1
    for level in range(1, int(depth.max(initial=0)) + 1):
        inside = inside[depth[inside] >= level]
        at = stacks.offsets[inside] + level - 1
        keys, place = np.unique(node[inside] * names + stacks.names[at], return_inverse=True)
        node[inside] = count + place
        lines = stacks.lines[at]
        least, most = np.full(len(keys), _MOST), np.full(len(keys), -1)
        np.minimum.at(least, place, lines)
        np.maximum.at(most, place, lines)
        line = np.where((least == most) & (least > 0), least, -1)
        is_end = depth[inside] == level
        levels.append(
            _level(stacks, inside, place, is_end, caller=keys // names, name=keys % names, line=line, level=level)
        )
        count += len(keys)
    joined = {
        name: np.concatenate([getattr(one, name) for one in levels], axis=-1) for name in _Nodes.__dataclass_fields__
    }
    return _Nodes(**joined)


def _level(
    stacks: _Stacks,
    inside: Int64s,
    place: Int64s,
    is_end: npt.NDArray[np.bool_],
    *,
    caller: Int64s,
    name: Int64s,
    line: Int64s,
    level: int,
) -> _Nodes:
    """The nodes of one level: what is inside each, and what ends there."""
    count = len(caller)
    ends, at = inside[is_end], place[is_end]
    stack = np.full(count, -1)
    stack[at] = stacks.ids[ends]
    stack[np.bincount(at, minlength=count) > 1] = -1
    value, own = (
        np.stack([_sums(weights[who], where, count) for weights in stacks.weights])
        for who, where in ((inside, place), (ends, at))
    )
    return _Nodes(np.full(count, level), caller, name, line, stack, value, own)


def _sums(weights: Int64s, place: Int64s, count: int) -> Int64s:
    """Sums by place, as large as 64 bits hold: `int64.clamp` of the sum."""
    sums = np.zeros(count, np.int64)
    np.add.at(sums, place, weights)
    about = np.bincount(place, weights.astype(np.float64), count)
    return np.where(np.abs(about) < float(1 << 62), sums, _clamped(weights, place, count, about))


def _clamped(weights: Int64s, place: Int64s, count: int, about: npt.NDArray[Any]) -> Int64s:
    """The same where a sum may not fit: of both halves of the numbers, which always fit."""
    if not len(about) or np.abs(about).max() < float(1 << 62):
        return np.zeros(count, np.int64)
    high, low = np.zeros(count, np.int64), np.zeros(count, np.int64)
    np.add.at(high, place, weights >> 32)
    np.add.at(low, place, weights & 0xFFFFFFFF)
    sums = [
        min(max((one << 32) + two, -_MOST - 1), _MOST) for one, two in zip(high.tolist(), low.tolist(), strict=True)
    ]
    return np.array(sums, np.int64)


def _told(nodes: _Nodes, names: pa.Table, most: int | None) -> Result:
    is_there = (nodes.value != 0).any(axis=0) | (nodes.own != 0).any(axis=0) | (nodes.level == 0)
    shown = np.flatnonzero(is_there)
    if most is not None and len(shown) > most:
        weight = np.abs(nodes.value[:, shown].astype(np.float64)).sum(axis=0)
        # No callee weighs more than its caller; of equals the caller comes first.
        shown = shown[np.sort(np.argsort(-weight, kind="stable")[:most])]
    shown = shown[np.argsort(nodes.depth_first()[shown])]
    (value, right), (own, own_right) = nodes.value[:, shown], nodes.own[:, shown]
    told = names.take(pa.array(nodes.name[shown], mask=nodes.name[shown] < 0))
    columns = {
        "level": pa.array(nodes.level[shown].astype(np.int32)),
        "value": value,
        "self": own,
        "valueRight": right,
        "selfRight": own_right,
        "label": pa.concat_arrays([pa.array(["root"]), told["label"].combine_chunks().cast(pa.string())[1:]]),
        "function": told["function"],
        "package": told["package"],
        "file": told["file"],
        "line": pa.array(nodes.line[shown], mask=nodes.line[shown] < 0),
        "stack_id": pa.array(nodes.stack[shown].astype(np.int32), mask=nodes.stack[shown] < 0),
        "node_index": pa.array(np.arange(len(shown), dtype=np.int32)),
    }
    return Result("flame graph", (), pa.table(columns))
