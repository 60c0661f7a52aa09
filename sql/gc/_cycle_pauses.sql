-- One row per GC cycle with a pause: how long the GC stopped the world for it.
--
-- key: trace_id, cycle_index
CREATE VIEW gc._cycle_pauses (
  -- The trace.
  trace_id,
  -- The cycle.
  cycle_index,
  -- Pauses of the GC; two in a whole cycle, four in one that looks for leaked goroutines.
  pause_count,
  -- Their time; of a pause that the trace ends in, up to there.
  pause_ns
) AS
SELECT
  trace_id,
  pause.cycle_index,
  COUNT(*),
  int64.clamp(SUM(coalesce(pause.end_ns, trace.end_ns)::HUGEINT - pause.start_ns))
FROM gc._trace_pause AS pause
JOIN trace USING (trace_id)
WHERE pause.is_gc AND pause.cycle_index IS NOT NULL
GROUP BY trace_id, pause.cycle_index
