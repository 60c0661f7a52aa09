-- One row per trace and goroutine whose times in states do not add up to its life in the trace; always empty.
--
-- Its life is from its beginning, or the trace's, to its end, or the trace's. Nothing may be negative either.
--
-- key: trace_id, goroutine
CREATE VIEW audit.goroutine_times_are_conserved (
  -- The trace.
  trace_id,
  -- The goroutine.
  goroutine,
  -- How long it was there.
  life_ns,
  -- Sum of its times running, runnable, in system calls and waiting.
  states_ns
) AS
WITH lives AS (
  SELECT
    trace_id,
    goroutine,
    -- A number may have several lives: ends less beginnings, with the trace's own for those that are cut.
    int64.clamp(SUM(
      CASE
        WHEN from_state = to_state THEN 0
        WHEN from_state = 'undetermined' THEN trace.end_ns::HUGEINT - trace.start_ns
        WHEN from_state = 'not exist' THEN trace.end_ns::HUGEINT - time_ns
        WHEN to_state = 'not exist' THEN time_ns::HUGEINT - trace.end_ns
        ELSE 0
      END
    )) AS life_ns
  FROM goroutine_transition
  JOIN trace USING (trace_id)
  GROUP BY trace_id, goroutine
)
SELECT
  trace_id,
  goroutine,
  lives.life_ns,
  int64.clamp(goroutines.running_ns::HUGEINT + goroutines.runnable_ns + goroutines.syscall_ns + goroutines.waiting_ns)
FROM lives
JOIN sched.goroutine AS goroutines USING (trace_id, goroutine)
WHERE lives.life_ns
    <> goroutines.running_ns::HUGEINT + goroutines.runnable_ns + goroutines.syscall_ns + goroutines.waiting_ns
  OR lives.life_ns <> goroutines.total_ns
  OR least(goroutines.running_ns, goroutines.runnable_ns, goroutines.syscall_ns, goroutines.waiting_ns) < 0
