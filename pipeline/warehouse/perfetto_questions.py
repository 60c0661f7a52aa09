"""What a trace for Perfetto is made of, each question one query whose rows come as they are read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import pyarrow as pa

from pipeline.warehouse.query import ask, batches

# What the questions stand on.
VIEWS = ("int64.clamp", "main.sample_value", "sched._state", "sched._entry", "sched.region", "sched.task")

# Points of a count of goroutines, of which each is the last of its part of the trace.
_PARTS = 1 << 14


def trace(connection: duckdb.DuckDBPyConnection, trace_id: int) -> dict[str, Any]:
    """When it began, and its clock."""
    query = "SELECT start_ns, end_ns, clock_offset_ns FROM trace WHERE trace_id = $trace"
    (row,) = ask(connection, query, {"trace": trace_id}, described=False).table.to_pylist()
    return dict(row)


def slices(connection: duckdb.DuckDBPyConnection, trace_id: int) -> Iterator[pa.RecordBatch]:
    """What lasted, in the order of its beginning: group, parent, track, name, start_ns, end_ns.

    A track is its label, and behind a zero what tells it from others of the same label. What goroutines did is on their tracks, whom a proc
    ran on the proc's, both on others in them what the runtime did there and regions; the rest is the runtime's own and tasks.
    """
    return batches(connection, _SLICES, {"trace": trace_id})


def moments(connection: duckdb.DuckDBPyConnection, trace_id: int) -> Iterator[pa.RecordBatch]:
    """Messages of runtime/trace.Log: group, parent, track, name, start_ns."""
    return batches(connection, _MOMENTS, {"trace": trace_id})


def values(connection: duckdb.DuckDBPyConnection, trace_id: int) -> Iterator[pa.RecordBatch]:
    """Metrics, and how many goroutines were in each state: track, time_ns, value."""
    return batches(connection, _VALUES, {"trace": trace_id, "parts": _PARTS})


def cpu_stacks(connection: duckdb.DuckDBPyConnection, trace_id: int) -> list[int]:
    """The stacks of CPU samples."""
    query = "SELECT DISTINCT stack_id FROM trace_cpu_sample WHERE trace_id = $trace AND stack_id IS NOT NULL"
    return ask(connection, query, {"trace": trace_id}, described=False).table["stack_id"].to_pylist()


def cpu_samples(connection: duckdb.DuckDBPyConnection, trace_id: int) -> Iterator[pa.RecordBatch]:
    """CPU samples in their order: time_ns, thread, stack_id."""
    query = "SELECT time_ns, thread, stack_id FROM trace_cpu_sample WHERE trace_id = $trace ORDER BY time_ns"
    return batches(connection, query, {"trace": trace_id})


_LABELLED = """
WITH labelled AS (
  SELECT
    goroutine,
    'G' || goroutine || coalesce(' ' || function, '') || chr(0) || 'G' AS track,
    'G' || goroutine || coalesce(' ' || function, '') AS label
  FROM sched._entry
  WHERE trace_id = $trace
)
"""
_SLICES = f"""{_LABELLED},
spans AS (
  SELECT
    'Goroutines' AS "group",
    '' AS parent,
    coalesce(track, 'G' || goroutine || chr(0) || 'G') AS track,
    state || CASE WHEN reason <> '' THEN ' (' || reason || ')' ELSE '' END AS name,
    start_ns,
    end_ns
  FROM sched._state
  LEFT JOIN labelled USING (goroutine)
  WHERE trace_id = $trace
  UNION ALL
  SELECT 'Procs', '', 'Proc ' || proc || chr(0) || 'P', coalesce(label, 'G' || goroutine), start_ns, end_ns
  FROM sched._state
  LEFT JOIN labelled USING (goroutine)
  WHERE trace_id = $trace AND proc IS NOT NULL
  UNION ALL
  SELECT
    CASE WHEN goroutine IS NOT NULL THEN 'Goroutines' WHEN proc IS NOT NULL THEN 'Procs' ELSE 'Runtime' END,
    CASE
      WHEN goroutine IS NOT NULL THEN coalesce(track, 'G' || goroutine || chr(0) || 'G')
      WHEN proc IS NOT NULL THEN 'Proc ' || proc || chr(0) || 'P'
      ELSE ''
    END,
    CASE
      WHEN goroutine IS NOT NULL THEN 'runtime' || chr(0) || 'G' || goroutine
      WHEN proc IS NOT NULL THEN 'runtime' || chr(0) || 'P' || proc
      ELSE 'GC' || chr(0)
    END,
    name,
    coalesce(trace_range.start_ns, trace.start_ns),
    trace_range.end_ns
  FROM trace_range
  JOIN trace USING (trace_id)
  LEFT JOIN labelled USING (goroutine)
  WHERE trace_id = $trace
  UNION ALL
  SELECT
    'Goroutines',
    coalesce(track, 'G' || goroutine || chr(0) || 'G'),
    'regions' || chr(0) || 'G' || goroutine,
    name,
    coalesce(begin_ns, trace.start_ns),
    region.end_ns
  FROM sched.region AS region
  JOIN trace USING (trace_id)
  LEFT JOIN labelled USING (goroutine)
  WHERE trace_id = $trace
  UNION ALL
  SELECT 'Tasks', '', 'tasks' || chr(0) || 'T' || task, name, coalesce(begin_ns, trace.start_ns), task.end_ns
  FROM sched.task AS task
  JOIN trace USING (trace_id)
  WHERE trace_id = $trace AND task <> 0
)
SELECT "group", parent, track, coalesce(name, '') AS name, start_ns, end_ns
FROM spans
ORDER BY start_ns, end_ns DESC NULLS FIRST, track
"""
_MOMENTS = f"""{_LABELLED}
SELECT
  CASE WHEN goroutine IS NULL THEN 'Runtime' ELSE 'Goroutines' END AS "group",
  CASE WHEN goroutine IS NULL THEN '' ELSE coalesce(track, 'G' || goroutine || chr(0) || 'G') END AS parent,
  'log' || chr(0) || 'G' || coalesce(goroutine::VARCHAR, '') AS track,
  CASE WHEN category <> '' THEN category || ': ' ELSE '' END || message AS name,
  time_ns AS start_ns
FROM trace_log
LEFT JOIN labelled USING (goroutine)
WHERE trace_id = $trace
ORDER BY time_ns
"""
_VALUES = """
WITH changes AS (
  SELECT state, start_ns AS time_ns, 1 AS change FROM sched._state WHERE trace_id = $trace
  UNION ALL
  SELECT state, end_ns, -1 FROM sched._state WHERE trace_id = $trace
),
counted AS (
  SELECT state, time_ns, SUM(SUM(change)) OVER (PARTITION BY state ORDER BY time_ns) AS goroutines
  FROM changes
  GROUP BY state, time_ns
),
parts AS (
  SELECT
    state,
    MAX(time_ns) AS time_ns,
    arg_max(goroutines, time_ns)::BIGINT AS goroutines
  FROM counted
  GROUP BY state, (time_ns::HUGEINT - (SELECT start_ns FROM trace WHERE trace_id = $trace))
    // ((SELECT greatest(end_ns::HUGEINT - start_ns, 1) FROM trace WHERE trace_id = $trace) // $parts + 1)
)
SELECT name AS track, time_ns, value FROM trace_metric WHERE trace_id = $trace
UNION ALL
SELECT 'goroutines ' || state, time_ns, goroutines FROM parts
ORDER BY time_ns, track
"""
