-- One row per trace and cycle whose end is in it: between which times of the trace it ended.
--
-- The runtime notes the end of a cycle, for MemStats and gctrace, after marking is done and before it starts the world
-- (runtime/mgc.go, gcMarkTermination).
--
-- key: trace_id, cycle_index
CREATE VIEW clock._trace_cycle (
  -- The trace.
  trace_id,
  -- The cycle, from 0.
  cycle_index,
  -- At the earliest.
  least_ns,
  -- At the latest.
  most_ns
) AS
SELECT cycles.trace_id, cycles.cycle_index, cycles.end_ns, stops.end_ns
FROM gc._cycle AS cycles
-- The first time from there on that the world was started again after marking.
ASOF JOIN (
  SELECT trace_id, end_ns
  FROM trace_range
  WHERE name = 'stop-the-world (GC mark termination)' AND end_ns IS NOT NULL
) AS stops ON stops.trace_id = cycles.trace_id AND stops.end_ns >= cycles.end_ns
