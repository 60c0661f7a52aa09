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
    int64.clamp(SUM(running_ns)) AS running_ns,
    int64.clamp(SUM(runnable_ns)) AS runnable_ns,
    int64.clamp(SUM(syscall_ns)) AS syscall_ns,
    int64.clamp(SUM(waiting_ns)) AS waiting_ns,
    int64.clamp(SUM(total_ns)) AS total_ns,
    int64.clamp(SUM(run_count)) AS run_count,
    int64.clamp(SUM(mark_assist_ns)) AS mark_assist_ns,
    int64.clamp(SUM(sweep_ns)) AS sweep_ns
  FROM sched.goroutine
  GROUP BY trace_id, function
),
waits AS (
  SELECT trace_id, entry.function, waits.reason, int64.clamp(SUM(waits.waiting_ns)) AS waiting_ns
  FROM sched.goroutine_wait AS waits
  LEFT JOIN sched._entry AS entry USING (trace_id, goroutine)
  GROUP BY trace_id, entry.function, waits.reason
),
longest AS (
  -- Of equally long ones the first by name.
  SELECT trace_id, function, MIN({'shorter_ns': -waiting_ns::HUGEINT, 'reason': reason}) AS wait
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
  int64.clamp(-longest.wait.shorter_ns)
FROM sums
-- Having no function is a group too.
LEFT JOIN longest ON longest.trace_id = sums.trace_id AND longest.function IS NOT DISTINCT FROM sums.function
