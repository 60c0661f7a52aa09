"""Spells stacks as paths of names, root first: what flame graphs and cumulative weights are added up over."""

from __future__ import annotations

from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from pipeline.values import Int64s

# Stacks spelled at a time: some hundred megabytes for the deepest.
_AT_A_TIME = 20_000

# An executable that came behind its profiles names what had no name.
_FORGET_RENAMED = "DELETE FROM stack_path WHERE stack_id IN (FROM renamed_stack)"

_NEW_LINES = """
CREATE OR REPLACE TEMP TABLE new_line AS
WITH arrived AS (
  SELECT unnest(location_ids) AS location_id FROM stack ANTI JOIN stack_path USING (stack_id)
)
SELECT location_id, depth, function, coalesce(line, 0) AS line
FROM stack._line
WHERE location_id IN (SELECT location_id FROM arrived)
"""

_NEW_LABELS = """
INSERT INTO stack_label
SELECT
  (SELECT coalesce(MAX(label_id), -1) FROM stack_label) + row_number() OVER (ORDER BY function),
  function
FROM (SELECT DISTINCT function FROM new_line)
WHERE function NOT IN (SELECT label FROM stack_label)
"""

# What a stack was called before, unless others are called so.
_FORGET_LABELS = """
DELETE FROM stack_label
WHERE EXISTS (FROM renamed_stack) AND label_id NOT IN (SELECT unnest(label_ids) FROM stack_path)
"""

_LINES = """
SELECT location_id, label_id, line
FROM new_line
JOIN stack_label ON label = function
ORDER BY location_id, depth DESC
"""

_PATHS = pa.schema(
    {
        "stack_id": pa.int32(),
        "label_ids": pa.list_(pa.int32()),
        "lines": pa.list_(pa.int64()),
        "distinct_label_ids": pa.list_(pa.int32()),
    }
)
_STACKS = "SELECT stack_id, location_ids FROM stack ANTI JOIN stack_path USING (stack_id)"


def spell_stacks(connection: duckdb.DuckDBPyConnection, *, is_renamed: bool = False) -> None:
    """Make the path of every stack that has none.

    is_renamed  there is a table `renamed_stack`: these are spelled anew
    """
    if is_renamed:
        connection.execute(_FORGET_RENAMED)
    connection.execute(_NEW_LINES)
    connection.execute(_NEW_LABELS)
    lines = _Lines(connection.sql(_LINES).to_arrow_table())
    connection.execute("DROP TABLE new_line")
    # Read whole before the first is written: ids and lists of locations, no paths.
    arrived = connection.sql(_STACKS).to_arrow_table()
    # In one statement, which writes whole row groups: a batch by itself would go through the log first.
    batches = (lines.paths(stacks) for stacks in arrived.to_batches(_AT_A_TIME))
    paths = pa.RecordBatchReader.from_batches(_PATHS, batches)  # noqa: F841
    connection.execute("INSERT INTO stack_path SELECT stack_id, label_ids, lines, distinct_label_ids FROM paths")
    if is_renamed:
        connection.execute(_FORGET_LABELS)


class _Lines:
    """The names and lines of some locations, outermost first, to be strung together to paths."""

    def __init__(self, lines: pa.Table) -> None:
        location = lines["location_id"].to_numpy()
        is_first = np.ones(len(location), bool)
        is_first[1:] = location[1:] != location[:-1]
        starts = np.flatnonzero(is_first)
        ids = location[starts]
        # By the id, which is a small number: to search for it takes as long as all the rest. The last place is for what is not there.
        self._starts_of = np.zeros(ids[-1] + 2 if len(ids) else 1, np.int64)
        self._sizes_of = np.zeros_like(self._starts_of)
        self._starts_of[ids] = starts
        self._sizes_of[ids] = np.diff(starts, append=len(location))
        self._label = lines["label_id"].to_numpy()
        self._line = lines["line"].to_numpy()

    def paths(self, stacks: pa.RecordBatch) -> pa.RecordBatch:
        """Each stack's names and lines, root first, and its distinct names where one repeats."""
        lists = stacks["location_ids"]
        offsets = np.asarray(lists.offsets).astype(np.int64)
        offsets -= offsets[0]
        # Locations come leaf first.
        owner = np.repeat(np.arange(len(lists)), np.diff(offsets))
        place = offsets[owner] + offsets[owner + 1] - 1 - np.arange(len(owner))
        # A location that is not there, which the audits tell of, has no name.
        at = np.minimum(lists.flatten().to_numpy()[place], len(self._sizes_of) - 1)
        sizes = self._sizes_of[at]
        ends = np.cumsum(sizes)
        rows = np.arange(ends[-1] if len(ends) else 0) + np.repeat(self._starts_of[at] - (ends - sizes), sizes)
        bounds = np.concatenate([[0], ends])[offsets]
        labels, numbers = self._label[rows], self._line[rows]
        columns = [stacks["stack_id"], _lists(bounds, labels), _lists(bounds, numbers), _distinct(bounds, labels)]
        return pa.RecordBatch.from_arrays(columns, schema=_PATHS)


def _lists(bounds: Int64s, values: np.ndarray) -> pa.Array[Any]:
    return pa.ListArray.from_arrays(pa.array(bounds, pa.int32()), pa.array(values))


def _distinct(bounds: Int64s, labels: np.ndarray) -> pa.Array[Any]:
    """Each list's distinct values in rising order; NULL for a list without another."""
    owner = np.repeat(np.arange(len(bounds) - 1), np.diff(bounds))
    # np.unique hashes integers, which takes twenty times as long.
    keys = np.sort(owner << 32 | labels)
    keys = keys[np.append(True, keys[1:] != keys[:-1])] if len(keys) else keys
    sizes = np.bincount(keys >> 32, minlength=len(bounds) - 1)
    repeats = sizes < np.diff(bounds)
    kept = (keys[repeats[keys >> 32]] & 0xFFFFFFFF).astype(np.int32)
    ends = np.append(0, np.cumsum(np.where(repeats, sizes, 0)))
    return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), pa.array(kept), mask=pa.array(~repeats))
