-- One row per change of a goroutine's state, with its time since the trace's first event and on the wall clock.
--
-- The rows of `goroutine_transition`, whose times are the machine's. States and reasons are in the runtime's words.
--
-- key: trace_id, time_ns
CREATE VIEW sched.transition (
  -- The trace.
  trace_id,
  -- When, since the trace's first event.
  since_start_ns,
  -- When, on the trace's clock.
  time_ns,
  -- When, UTC; NULL before Go 1.25, whose traces have no wall clock.
  happened_at,
  -- The goroutine that changes.
  goroutine,
  -- What it did until now.
  from_state,
  -- For how long, as far as the trace shows it; NULL at its first row, and where the states are equal.
  duration_ns,
  -- What it does from now on.
  to_state,
  -- Why; empty when there is no reason.
  reason,
  -- Where the goroutine is, or where a new one starts; NULL when the trace has no stack of it.
  stack_id,
  -- The goroutine that caused it; NULL when it was the goroutine itself or none.
  by_goroutine
) AS
SELECT
  transitions.trace_id,
  int64.clamp(transitions.time_ns::HUGEINT - trace.start_ns),
  transitions.time_ns,
  TRY(make_timestamp(int64.clamp((transitions.time_ns::HUGEINT + trace.clock_offset_ns) // 1000))),
  transitions.goroutine,
  transitions.from_state,
  transitions.duration_ns,
  transitions.to_state,
  transitions.reason,
  transitions.stack_id,
  transitions.by_goroutine
FROM goroutine_transition AS transitions
JOIN trace USING (trace_id)
