-- One row per trace and instant at which it tells the live heap or its goal: both as they are then.
--
-- Live bytes are the runtime's own count, which takes the spans of each P as full.
--
-- key: trace_id, time_ns
CREATE VIEW gc.heap (
  -- The trace.
  trace_id,
  -- When, on the trace's clock.
  time_ns,
  -- Wall-clock time, UTC; NULL without a wall clock.
  told_at,
  -- Live bytes; NULL before the first value.
  heap_live_bytes,
  -- The goal; NULL before the first value.
  heap_goal_bytes,
  -- The GC cycle whose marking goes on; NULL for none.
  cycle_index
) AS
WITH told AS (
  SELECT
    trace_id,
    time_ns,
    last_value(CASE WHEN name = '/memory/classes/heap/objects:bytes' THEN value END IGNORE NULLS) OVER so_far AS live,
    last_value(CASE WHEN name = '/gc/heap/goal:bytes' THEN value END IGNORE NULLS) OVER so_far AS goal
  FROM trace_metric
  WHERE name IN ('/memory/classes/heap/objects:bytes', '/gc/heap/goal:bytes')
  WINDOW so_far AS (
    PARTITION BY trace_id ORDER BY time_ns ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
  )
)
SELECT
  told.trace_id,
  told.time_ns,
  TRY(trace.started_at + to_microseconds(int64.clamp(told.time_ns::HUGEINT - trace.start_ns) // 1000)),
  told.live,
  told.goal,
  CASE WHEN told.time_ns <= cycles.shown_end_ns THEN cycles.cycle_index END
FROM told
JOIN trace ON trace.trace_id = told.trace_id
-- The last cycle that had begun.
ASOF LEFT JOIN gc._cycle AS cycles ON cycles.trace_id = told.trace_id AND cycles.shown_start_ns <= told.time_ns
