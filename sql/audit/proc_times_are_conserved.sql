-- One row per trace and proc whose times do not add up to its life in the trace; always empty.
--
-- Nor may goroutines have run on it for longer than somebody had it.
--
-- key: trace_id, proc
CREATE VIEW audit.proc_times_are_conserved (
  -- The trace.
  trace_id,
  -- The proc.
  proc,
  -- How long it was there.
  life_ns,
  -- Time somebody had it.
  running_ns,
  -- Time a goroutine ran on it.
  executing_ns,
  -- Time nobody had it.
  idle_ns
) AS
SELECT
  trace_id,
  procs.proc,
  int64.clamp(trace.end_ns::HUGEINT - procs.start_ns),
  procs.running_ns,
  procs.executing_ns,
  procs.idle_ns
FROM sched.proc AS procs
JOIN trace USING (trace_id)
WHERE procs.running_ns::HUGEINT + procs.idle_ns <> trace.end_ns::HUGEINT - procs.start_ns
  OR procs.executing_ns > procs.running_ns
