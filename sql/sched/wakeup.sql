-- One row per trace, entry function, state, reason and stack at which goroutines blocked, and function and stack that woke them.
--
-- Waits and system calls, as far as they lie in the trace. Timers, the network and the runtime wake without a goroutine.
--
-- key: trace_id, function, state, reason, stack_id, is_ended, by_function, by_stack_id
CREATE VIEW sched.wakeup (
  -- The trace.
  trace_id,
  -- The function that the goroutines that blocked were started with; NULL when the trace has no stack of them.
  function,
  -- `waiting` or `syscall`.
  state,
  -- In the runtime's words: `chan receive`, `sync`, `sleep`; empty when the trace does not say, and for system calls.
  reason,
  -- Where they blocked; NULL when the trace has no stack of it.
  stack_id,
  -- The trace has the end of it.
  is_ended,
  -- The function that the goroutine that ended it was started with; NULL without one, or when the trace has no stack of it.
  by_function,
  -- Where that was; NULL without.
  by_stack_id,
  -- How many goroutines blocked so.
  goroutines,
  -- How many goroutines ended it.
  by_goroutines,
  -- How often.
  waits,
  -- How long in all.
  waiting_ns,
  -- The longest.
  longest_ns
) AS
SELECT
  trace_id,
  entry.function,
  states.state,
  states.reason,
  states.stack_id,
  NOT states.is_cut_at_end,
  by_entry.function,
  states.by_stack_id,
  COUNT(DISTINCT states.goroutine),
  COUNT(DISTINCT states.by_goroutine),
  COUNT(*),
  int64.clamp(SUM(states.duration_ns)),
  MAX(states.duration_ns)
FROM sched._state AS states
LEFT JOIN sched._entry AS entry USING (trace_id, goroutine)
LEFT JOIN sched._entry AS by_entry
  -- Who ended it is a goroutine too.
  ON by_entry.trace_id = states.trace_id AND by_entry.goroutine = states.by_goroutine
WHERE states.state IN ('waiting', 'syscall')
GROUP BY ALL
