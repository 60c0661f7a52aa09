-- One row per trace, entry function, state, reason and stack at which goroutines blocked: how often, how long, and who woke them.
--
-- sched.wakeup with those that woke them in a list.
--
-- key: trace_id, function, state, reason, stack_id
CREATE VIEW sched.blocked (
  -- The trace.
  trace_id,
  -- The function that the goroutines were started with; NULL when the trace has no stack of them.
  function,
  -- `waiting` or `syscall`.
  state,
  -- In the runtime's words: `chan receive`, `sync`, `sleep`; empty when the trace does not say, and for system calls.
  reason,
  -- Where they blocked; NULL when the trace has no stack of it.
  stack_id,
  -- How often.
  waits,
  -- How long in all.
  waiting_ns,
  -- The longest.
  longest_ns,
  -- Of them those that the trace has no end of.
  unended_waits,
  -- Who ended it, what took longest first: entry function and stack, both NULL for timers, network and runtime; how many
  -- goroutines; how often, and how long it had been.
  wakers,
  -- Where they blocked, frame by frame as Go's trace tools print them, leaf first; empty when the trace has no stack.
  stack
) AS
WITH blocked AS (
  SELECT
    trace_id,
    function,
    state,
    reason,
    stack_id,
    int64.clamp(SUM(waits)) AS waits,
    int64.clamp(SUM(waiting_ns)) AS waiting_ns,
    MAX(longest_ns) AS longest_ns,
    int64.clamp(coalesce(SUM(waits) FILTER (NOT is_ended), 0)) AS unended_waits,
    coalesce(
      list(
        {
          'function': by_function,
          'stack_id': by_stack_id,
          'goroutines': by_goroutines,
          'waits': waits,
          'waiting_ns': waiting_ns
        }
        ORDER BY waiting_ns DESC, by_function, by_stack_id
      ) FILTER (is_ended),
      []
    ) AS wakers
  FROM sched.wakeup
  GROUP BY trace_id, function, state, reason, stack_id
)
SELECT
  trace_id,
  function,
  state,
  reason,
  stack_id,
  waits,
  waiting_ns,
  longest_ns,
  unended_waits,
  wakers,
  coalesce(frames.frames, [])
FROM blocked
LEFT JOIN stack._go_frames AS frames USING (stack_id)
