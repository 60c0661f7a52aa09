-- One row per trace, goroutine and reason: how often and how long it waited for that.
--
-- A wait that began before the trace, or that the trace ends in, counts as far as it lies in the trace.
--
-- key: trace_id, goroutine, reason
CREATE VIEW sched.goroutine_wait (
  -- The trace.
  trace_id,
  -- The goroutine.
  goroutine,
  -- In the runtime's words: `chan receive`, `sync`, `network`, `sleep`; empty when the trace does not say.
  reason,
  -- How often it waited.
  waits,
  -- How long in all.
  waiting_ns,
  -- The longest wait.
  longest_ns
) AS
SELECT trace_id, goroutine, reason, COUNT(*), int64.clamp(SUM(duration_ns)), MAX(duration_ns)
FROM sched._state
WHERE state = 'waiting'
GROUP BY trace_id, goroutine, reason
