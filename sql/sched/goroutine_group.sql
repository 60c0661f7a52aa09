-- One row per trace and entry function: its goroutines, and what they did with their time.
--
-- The groups of the goroutine page of `go tool trace`.
--
-- key: trace_id, function
CREATE VIEW sched.goroutine_group (
  -- The trace.
  trace_id,
  -- The function that they were started with; NULL for all of whom the trace has no stack.
  function,
  -- How many.
  goroutines,
  -- Time they ran Go code, in all.
  running_ns,
  -- Time they could have run and had to wait for a proc.
  runnable_ns,
  -- Time in system calls, with or without a proc, and in C.
  syscall_ns,
  -- Time they waited for something else.
  waiting_ns,
  -- All of their time in the trace.
  total_ns,
  -- How often they were put on a proc.
  run_count,
  -- Time in which they had to help the GC mark before they could allocate, waiting included.
  mark_assist_ns,
  -- Time in which they swept spans.
  sweep_ns,
  -- What they waited for longest, empty when the trace does not say; NULL when they did not wait.
  longest_wait_reason,
  -- How long they waited for that.
  longest_wait_ns
) AS
WITH sums AS (
  SELECT
    trace_id,
    function,
    COUNT(*) AS goroutines,
    SUM(running_ns)::BIGINT AS running_ns,
    SUM(runnable_ns)::BIGINT AS runnable_ns,
    SUM(syscall_ns)::BIGINT AS syscall_ns,
    SUM(waiting_ns)::BIGINT AS waiting_ns,
    SUM(total_ns)::BIGINT AS total_ns,
    SUM(run_count)::BIGINT AS run_count,
    SUM(mark_assist_ns)::BIGINT AS mark_assist_ns,
    SUM(sweep_ns)::BIGINT AS sweep_ns
  FROM sched.goroutine
  GROUP BY trace_id, function
),
waits AS (
  SELECT trace_id, entry.function, waits.reason, SUM(waits.waiting_ns)::BIGINT AS waiting_ns
  FROM sched.goroutine_wait AS waits
  LEFT JOIN sched._entry AS entry USING (trace_id, goroutine)
  GROUP BY trace_id, entry.function, waits.reason
),
longest AS (
  -- Of equally long ones the first by name.
  SELECT trace_id, function, MIN({'shorter_ns': -waiting_ns, 'reason': reason}) AS wait
  FROM waits
  GROUP BY trace_id, function
)
SELECT
  sums.trace_id,
  sums.function,
  sums.goroutines,
  sums.running_ns,
  sums.runnable_ns,
  sums.syscall_ns,
  sums.waiting_ns,
  sums.total_ns,
  sums.run_count,
  sums.mark_assist_ns,
  sums.sweep_ns,
  longest.wait.reason,
  -longest.wait.shorter_ns
FROM sums
-- Having no function is a group too.
LEFT JOIN longest ON longest.trace_id = sums.trace_id AND longest.function IS NOT DISTINCT FROM sums.function
