-- One row per GC cycle: the sizes of the heap that the trace tells at its ends.
--
-- The trace tells the runtime's own count of live bytes, which takes each P's span as full; only what was marked is exact. It
-- is set while the world is stopped at the end of marking, and the next goal just after (runtime/mgc.go).
--
-- key: trace_id, cycle_index
CREATE VIEW gc._heap (
  -- The trace.
  trace_id,
  -- The cycle.
  cycle_index,
  -- Live bytes as it began; NULL when that was before the trace, or before the first value.
  heap_live_bytes,
  -- The goal as it began.
  heap_goal_bytes,
  -- Live bytes as marking ended; NULL when that was after the trace.
  heap_end_bytes,
  -- Bytes that were marked: what survives.
  heap_marked_bytes,
  -- The goal that was set at its end; NULL when none was.
  next_goal_bytes
) AS
WITH live AS (
  SELECT trace_id, time_ns, value, lag(value) OVER (PARTITION BY trace_id ORDER BY time_ns) AS before
  FROM trace_metric
  WHERE name = '/memory/classes/heap/objects:bytes'
),
goals AS (
  SELECT trace_id, time_ns, value
  FROM trace_metric
  WHERE name = '/gc/heap/goal:bytes'
),
bounded AS (
  SELECT
    trace_id,
    cycle_index,
    start_ns,
    end_ns,
    lead(start_ns) OVER (PARTITION BY trace_id ORDER BY cycle_index) AS next_start_ns
  FROM gc._cycle
)
SELECT
  cycles.trace_id,
  cycles.cycle_index,
  at_start.value,
  goal.value,
  CASE WHEN at_end.time_ns >= coalesce(cycles.start_ns, at_end.time_ns) THEN at_end.before END,
  CASE WHEN at_end.time_ns >= coalesce(cycles.start_ns, at_end.time_ns) THEN at_end.value END,
  CASE WHEN coalesce(next_goal.time_ns < cycles.next_start_ns, TRUE) THEN next_goal.value END
FROM bounded AS cycles
-- The last values before it began.
ASOF LEFT JOIN live AS at_start ON at_start.trace_id = cycles.trace_id AND at_start.time_ns <= cycles.start_ns
ASOF LEFT JOIN goals AS goal ON goal.trace_id = cycles.trace_id AND goal.time_ns <= cycles.start_ns
-- The last value before marking ended, and the first goal after.
ASOF LEFT JOIN live AS at_end ON at_end.trace_id = cycles.trace_id AND at_end.time_ns <= cycles.end_ns
ASOF LEFT JOIN goals AS next_goal ON next_goal.trace_id = cycles.trace_id AND next_goal.time_ns >= cycles.end_ns
