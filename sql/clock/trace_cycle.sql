-- One row per cycle of a trace whose number is known: by the run that the trace is of.
--
-- key: trace_id, cycle_index
CREATE VIEW clock.trace_cycle (
  -- The trace.
  trace_id,
  -- The cycle, from 0, as in `gc.cycle` of the trace.
  cycle_index,
  -- The run, as in `clock.file`.
  run,
  -- Its number: MemStats.NumGC after it.
  cycle
) AS
SELECT cycles.trace_id, cycles.cycle_index, ties.run, int64.clamp(ties.first_cycle::HUGEINT + cycles.cycle_index)
FROM gc._cycle AS cycles
JOIN clock._trace_tie AS ties USING (trace_id)
