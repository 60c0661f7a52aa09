-- One row per trace and GC cycle in it: when it marks.
--
-- key: trace_id, cycle_index
CREATE VIEW gc._cycle (
  -- The trace.
  trace_id,
  -- From 0, in the order of their starts.
  cycle_index,
  -- When it began; NULL when that was before the trace.
  start_ns,
  -- When marking ended; NULL when the trace ends first.
  end_ns,
  -- When it began, the trace's start when that was before.
  shown_start_ns,
  -- When marking ended, the trace's end when that was after.
  shown_end_ns,
  -- Where it was begun; NULL when the trace has no stack of it.
  stack_id
) AS
SELECT
  trace_id,
  row_number() OVER (
    PARTITION BY trace_id ORDER BY coalesce(marking.start_ns, trace.start_ns), marking.range_index
  ) - 1,
  marking.start_ns,
  marking.end_ns,
  coalesce(marking.start_ns, trace.start_ns),
  coalesce(marking.end_ns, trace.end_ns),
  marking.stack_id
FROM trace_range AS marking
JOIN trace USING (trace_id)
WHERE marking.name = 'GC concurrent mark phase'
