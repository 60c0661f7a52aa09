"""The questions about the goroutines of traces, each one query, each answered as a Result."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from pipeline.values import Result
from pipeline.warehouse.query import ask

# What they stand on: a database that is made for one of them has no other views.
VIEWS = (
    *("int64.clamp", "sched.goroutine", "sched.goroutine_wait", "sched.goroutine_group"),
    *("sched.blocked", "stack._go_frames"),
)

# A list alone stays above the sums of all traces; its ends get to the rows.
OF_TRACES = "trace_id BETWEEN list_min($ids) AND list_max($ids) AND list_contains($ids, trace_id)"


def goroutine_groups(connection: duckdb.DuckDBPyConnection, trace_ids: Sequence[int]) -> Result:
    """Groups of goroutines by entry function, trace by trace as they are named, those that were there longest first."""
    query = f"""
    FROM sched.goroutine_group
    WHERE {OF_TRACES}
    ORDER BY list_position($ids, trace_id), total_ns DESC, function
    """
    return ask(connection, query, {"ids": list(trace_ids)}, name="goroutine groups")


def goroutines(connection: duckdb.DuckDBPyConnection, trace_ids: Sequence[int], function: str) -> Result:
    """Goroutines of one entry function with their waits, those that were there longest first.

    function  its name, with or without what stands before a dot or a slash; empty for goroutines without one
    """
    return ask(connection, _GOROUTINES, {"ids": list(trace_ids), "function": function}, name="goroutines")


def blocked(connection: duckdb.DuckDBPyConnection, trace_ids: Sequence[int], function: str | None = None) -> Result:
    """Where goroutines blocked and who woke them, with `stack`; what took longest first, the runtime's own last.

    function  of those with this entry function, named as for `goroutines`; None for all
    """
    query = f"""
    SELECT blocked.*, coalesce(frames.frames, []) AS stack
    FROM sched.blocked AS blocked
    LEFT JOIN stack._go_frames AS frames USING (stack_id)
    WHERE {OF_TRACES} AND ($function IS NULL OR {_OF_FUNCTION})
    ORDER BY
      list_position($ids, trace_id),
      coalesce(function <> 'runtime.main' AND starts_with(function, 'runtime.'), true),
      waiting_ns DESC, function, state, reason, stack_id
    """
    return ask(connection, query, {"ids": list(trace_ids), "function": function}, name="blocked")


_OF_FUNCTION = """(
    coalesce(function, '') = $function
    OR ($function <> '' AND (ends_with(function, '.' || $function) OR ends_with(function, '/' || $function)))
  )"""

_GOROUTINES = f"""
SELECT goroutines.*, coalesce(waits.waits, []) AS waits
FROM sched.goroutine AS goroutines
LEFT JOIN (
  SELECT
    trace_id,
    goroutine,
    list(
      {{'reason': reason, 'waits': waits, 'waiting_ns': waiting_ns, 'longest_ns': longest_ns}}
      ORDER BY waiting_ns DESC, reason
    ) AS waits
  FROM sched.goroutine_wait
  WHERE {OF_TRACES}
  GROUP BY trace_id, goroutine
) AS waits USING (trace_id, goroutine)
WHERE {OF_TRACES}
  AND {_OF_FUNCTION}
ORDER BY list_position($ids, trace_id), total_ns DESC, goroutine
"""
