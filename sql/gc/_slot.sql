-- One row per trace with procs: how its time is cut into slots, about a thousand, to look changes up by.
--
-- key: trace_id
CREATE VIEW gc._slot (
  -- The trace.
  trace_id,
  -- When it begins, on its clock.
  start_ns,
  -- When it ends.
  end_ns,
  -- Time of the first GOMAXPROCS, before which there are no procs to share.
  begin_ns,
  -- Times without so many bits are one slot.
  slot_bits
) AS
SELECT
  trace_id,
  trace.start_ns,
  trace.end_ns,
  MIN(time_ns),
  greatest(ceil(log2(greatest(trace.end_ns::DOUBLE - trace.start_ns, 1)))::INTEGER - 10, 0)
FROM trace_metric
JOIN trace USING (trace_id)
WHERE name = '/sched/gomaxprocs:threads'
GROUP BY trace_id, trace.start_ns, trace.end_ns
