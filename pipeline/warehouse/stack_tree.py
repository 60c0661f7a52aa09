"""Numbers the tree of all stacks in pre-order, so that a flame graph is one pass and no recursion."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    import duckdb

_STACKS = "SELECT stack_id, location_ids FROM stack ORDER BY stack_id"

# Every location's lines with the name each is drawn under; one without symbols has one line, without function.
_LINES = """
WITH named AS (
  SELECT
    location_id,
    CASE WHEN len(lines) > 0 THEN lines ELSE [{'function_id': NULL, 'line': 0, 'column': 0}] END AS lines,
    CASE
      WHEN mapping.file <> '' THEN '[' || regexp_extract(mapping.file, '[^/]*$') || ']'
      ELSE '<unknown>'
    END AS unnamed
  FROM location
  LEFT JOIN mapping USING (mapping_id)
),
unfolded AS (
  SELECT location_id, unnamed, unnest(lines) AS line, generate_subscripts(lines, 1) AS place
  FROM named
)
SELECT
  location_id,
  place,
  line.function_id AS function_id,
  line.line AS line,
  CASE WHEN name <> '' THEN name ELSE unnamed END AS label
FROM unfolded
LEFT JOIN function ON function.function_id = line.function_id
ORDER BY location_id, place
"""

_CLEAR = ("stack_node", "stack_leaf", "stack_function", "stack_label")

_INSERT_NODES = """
INSERT INTO stack_node
SELECT
  node_index,
  last_index,
  parent_index,
  depth,
  function_id,
  label,
  CASE WHEN line > 0 THEN line END,
  stack_id
FROM nodes
ORDER BY node_index
"""


def number_stacks(connection: duckdb.DuckDBPyConnection) -> None:
    """Make stack_node, stack_leaf, stack_function and stack_label anew from all stacks."""
    # Imported here: a start that loads nothing need not wait for the compiler.
    from pipeline.kernels.ids import find_each
    from pipeline.kernels.stack_tree import functions_above, stack_tree

    stacks = connection.sql(_STACKS).to_arrow_table().combine_chunks()
    lines = connection.sql(_LINES).to_arrow_table().combine_chunks()
    names, label_of_line = _ranked(lines["label"])
    location_id, line_offsets = _groups(lines["location_id"].to_numpy())
    refs, offsets = _flat(stacks["location_ids"])
    tree = stack_tree(offsets, find_each(location_id, refs), line_offsets, label_of_line, lines["line"].to_numpy())
    above = functions_above(tree, len(names))

    for table in _CLEAR:
        connection.execute(f"DELETE FROM {table}")
    stack_id = stacks["stack_id"].to_numpy()
    nodes = _nodes(tree, names, functions=_one_function_each(lines, label_of_line, count=len(names)), stack_id=stack_id)  # noqa: F841
    connection.execute(_INSERT_NODES)
    leaves = pa.table({"stack_id": stack_id, "node_index": tree.leaf})  # noqa: F841
    connection.execute("INSERT INTO stack_leaf SELECT stack_id, node_index FROM leaves")
    functions = pa.table({"node_index": above[0], "label_index": above[1], "is_leaf": above[2]})  # noqa: F841
    connection.execute("INSERT INTO stack_function SELECT node_index, label_index, is_leaf FROM functions")
    labels = pa.table({"label_index": np.arange(len(names), dtype=np.int32), "label": names})  # noqa: F841
    connection.execute("INSERT INTO stack_label SELECT label_index, label FROM labels")


def _ranked(labels: pa.ChunkedArray) -> tuple[pa.Array, np.ndarray]:
    """The distinct labels in byte order, and the rank of each row's."""
    encoded = labels.combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    order = pa.compute.sort_indices(encoded.dictionary).to_numpy()
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return encoded.dictionary.take(pa.array(order)), rank[encoded.indices.to_numpy()]


def _groups(sorted_ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The distinct ids of a sorted column, and where each one's rows begin (n + 1)."""
    starts = np.flatnonzero(np.concatenate([np.ones(min(len(sorted_ids), 1), bool), sorted_ids[1:] != sorted_ids[:-1]]))
    return np.ascontiguousarray(sorted_ids[starts]), np.append(starts, len(sorted_ids)).astype(np.int64)


def _flat(lists: pa.ChunkedArray) -> tuple[np.ndarray, np.ndarray]:
    """All values of a list column, and where each list begins (n + 1)."""
    whole = lists.combine_chunks()
    if isinstance(whole, pa.ChunkedArray):
        whole = pa.concat_arrays(whole.chunks) if whole.num_chunks else pa.array([], whole.type)
    offsets = np.asarray(whole.offsets).astype(np.int64)
    return whole.flatten().to_numpy(), offsets - offsets[0]


def _one_function_each(lines: pa.Table, label: np.ndarray, *, count: int) -> pa.Array:
    """For each label the lowest function id of that name; NULL for a label that no function has."""
    function_id = lines["function_id"].combine_chunks()
    known = np.asarray(function_id.is_valid())
    lowest = np.full(count, np.iinfo(np.uint64).max, np.uint64)
    np.minimum.at(lowest, label[known], function_id.fill_null(0).to_numpy()[known])
    has = np.zeros(count, bool)
    has[label[known]] = True
    return pa.array(lowest, mask=~has)


def _nodes(tree, names: pa.Array, *, functions: pa.Array, stack_id: np.ndarray) -> pa.Table:  # type: ignore[no-untyped-def]
    label = pa.array(np.maximum(tree.label, 0), mask=tree.label < 0)
    ending = np.bincount(tree.leaf, minlength=len(tree.last))
    only = np.zeros(len(tree.last), np.uint64)
    only[tree.leaf] = stack_id
    return pa.table(
        {
            "node_index": np.arange(len(tree.last), dtype=np.int32),
            "last_index": tree.last,
            "parent_index": tree.parent,
            "depth": tree.depth,
            "function_id": functions.take(label),
            "label": names.take(label).fill_null("root"),
            "line": tree.line,
            "stack_id": pa.array(only, mask=ending != 1),
        }
    )
