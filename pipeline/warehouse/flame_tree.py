"""Flame graphs: the stacks' weights are added up in DuckDB, and their paths folded into a tree by a kernel.

The rows are those of `flame.weighted`, which joins, sorts and groups every frame of every stack.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.kernels.flame_tree import fold_stacks
from pipeline.values import Int32s, Int64s, Result
from pipeline.warehouse.query import ask
from pipeline.warehouse.sample_values import Layouts, every_layout, values_of

_WEIGHED = """
WITH counted AS (
  SELECT unnest($ids::INTEGER[]) AS profile_id, unnest($left::INTEGER[]) AS times_left, unnest($right::INTEGER[]) AS times_right
),
weighed AS (
  SELECT
    stack_id,
    int64.clamp(SUM(value::HUGEINT * times_left)) AS "left",
    int64.clamp(SUM(value::HUGEINT * times_right)) AS "right"
  FROM ({values}) AS sample
  JOIN counted USING (profile_id)
  {where}
  GROUP BY stack_id
)
SELECT weighed.stack_id, weighed."left", weighed."right", paths.label_ids, paths.lines
FROM weighed
JOIN stack_path AS paths USING (stack_id)
"""
_OF_STACKS = "WHERE stack_id IN (SELECT unnest($stacks::INTEGER[]))"

# In the order of their names, which is that of siblings.
_NAMES = """
WITH labels AS (FROM stack_label {where}),
functions AS (
  SELECT name, any_value(package) AS package, MIN(nullif(file, '')) AS file
  FROM function
  WHERE name IN (SELECT label FROM labels)
  GROUP BY name
)
SELECT label_id, label, functions.name AS function, functions.package, functions.file
FROM labels
LEFT JOIN functions ON functions.name = label
ORDER BY label
"""
_OF_LABELS = "WHERE label_id IN (SELECT unnest($labels::INTEGER[]))"
# Names that are held in memory all at once; some 200 bytes each.
_MOST_NAMES = 100_000


@dataclass(frozen=True, slots=True, eq=False)
class Names:
    """What stacks have names of, in the order of the names: label, function, package and file; and by number of a name its row.

    layouts  of all profiles, where they are at hand
    """

    rows: pa.Table
    places: Int32s
    layouts: Layouts | None = None


def every_name(connection: duckdb.DuckDBPyConnection) -> Names | None:
    """All names of a database, for who asks for many trees; None where they are too many."""
    (count,) = ask(connection, "SELECT COUNT(*) AS n FROM stack_label", described=False).table["n"].to_pylist()
    return replace(_names(connection), layouts=every_layout(connection)) if count <= _MOST_NAMES else None


def _names(connection: duckdb.DuckDBPyConnection, labels: Int64s | None = None) -> Names:
    query = _NAMES.format(where="" if labels is None else _OF_LABELS)
    parameters = None if labels is None else {"labels": labels.tolist()}
    rows = ask(connection, query, parameters, name="names", described=False).table
    ids = rows["label_id"].to_numpy()
    # Numbers of names are dense: what a table has at a number's place is found without sorting.
    places = np.zeros(int(ids.max(initial=-1)) + 1, np.int32)
    places[ids] = np.arange(len(ids), dtype=np.int32)
    return Names(rows, places)


def tree(
    connection: duckdb.DuckDBPyConnection,
    base_ids: Sequence[int],
    profile_ids: Sequence[int],
    sample_type: str,
    *,
    stacks: Sequence[int] | None = None,
    most: int | None = None,
    names: Names | None = None,
) -> Result:
    """Rows of two flame graphs laid over each other, in depth-first order; see `flame.diff`.

    most, names  of `folded`
    """
    layouts = names.layouts if names else None
    found = weighed(connection, base_ids, profile_ids, sample_type, stacks=stacks, layouts=layouts)
    return folded(connection, found, most=most, names=names)


def weighed(
    connection: duckdb.DuckDBPyConnection,
    base_ids: Sequence[int],
    profile_ids: Sequence[int],
    sample_type: str,
    *,
    stacks: Sequence[int] | None = None,
    layouts: Layouts | None = None,
) -> pa.Table:
    """One row per stack that has a value on one side: stack_id, left, right, its label_ids and lines; layouts are as in `values_of`."""
    left, right = set(base_ids), set(profile_ids)
    times = {one: (int(one in left), int(one in right)) for one in sorted(left | right)}
    return weighed_by(connection, times, sample_type, stacks=stacks, layouts=layouts)


def weighed_by(
    connection: duckdb.DuckDBPyConnection,
    times: Mapping[int, tuple[int, int]],
    sample_type: str,
    *,
    stacks: Sequence[int] | None = None,
    layouts: Layouts | None = None,
) -> pa.Table:
    """The same of profiles that count so many times on either side, less than zero for what is taken away."""
    ids = list(times)
    sides = {side: [one[place] for one in times.values()] for place, side in enumerate(("left", "right"))}
    values = values_of(connection, ids, sample_type, layouts=layouts)
    query = _WEIGHED.format(values=values, where="" if stacks is None else _OF_STACKS)
    parameters = {"ids": ids, **sides, **({} if stacks is None else {"stacks": list(stacks)})}
    return ask(connection, query, parameters, name="stacks", described=False).table


def folded(
    connection: duckdb.DuckDBPyConnection, weighed: pa.Table, *, most: int | None = None, names: Names | None = None
) -> Result:
    """Stacks that are weighed, as `tree` has them.

    most   no more nodes than that, the heaviest; what is left out is in its callers' weight all the same
    names  all of the database's, where they are at hand
    """
    paths = weighed["label_ids"].combine_chunks()
    labels = paths.flatten().to_numpy()
    names = names or _names(connection, np.flatnonzero(np.bincount(labels)))
    offsets = np.asarray(paths.offsets).astype(np.int64)
    nodes = _Nodes(
        *fold_stacks(
            offsets - offsets[0],
            names.places[labels],
            weighed["lines"].combine_chunks().flatten().to_numpy().astype(np.int64),
            np.stack([weighed["left"].to_numpy(), weighed["right"].to_numpy()]),
            weighed["stack_id"].to_numpy().astype(np.int32),
        )
    )
    return _told(nodes, names.rows, most)


@dataclass(frozen=True, slots=True)
class _Nodes:
    """Nodes in depth-first order; -1 where there is no name, no line, no stack. Values are [side, node]."""

    level: Int32s
    name: Int32s
    line: Int64s
    stack: Int32s
    value: Int64s
    own: Int64s


def _told(nodes: _Nodes, names: pa.Table, most: int | None) -> Result:
    is_there = (nodes.value != 0).any(axis=0) | (nodes.own != 0).any(axis=0) | (nodes.level == 0)
    shown = np.flatnonzero(is_there)
    if most is not None and len(shown) > most:
        weight = np.abs(nodes.value[:, shown].astype(np.float64)).sum(axis=0)
        # No callee weighs more than its caller, which comes first.
        shown = shown[np.sort(np.argsort(-weight, kind="stable")[:most])]
    (value, right), (own, own_right) = nodes.value[:, shown], nodes.own[:, shown]
    told = names.take(pa.array(nodes.name[shown], mask=nodes.name[shown] < 0))
    columns = {
        "level": pa.array(nodes.level[shown]),
        "value": value,
        "self": own,
        "valueRight": right,
        "selfRight": own_right,
        "label": pc.fill_null(told["label"].combine_chunks().cast(pa.string()), "root"),
        "function": told["function"],
        "package": told["package"],
        "file": told["file"],
        "line": pa.array(nodes.line[shown], mask=nodes.line[shown] < 0),
        "stack_id": pa.array(nodes.stack[shown], mask=nodes.stack[shown] < 0),
        "node_index": pa.array(np.arange(len(shown), dtype=np.int32)),
    }
    return Result("flame graph", (), pa.table(columns))
