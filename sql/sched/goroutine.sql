-- One row per trace and goroutine: what it runs, and what it did with its time.
--
-- Running, runnable, syscall and waiting add up to the total, which is its life as far as it lies in the trace; times
-- of GC work overlap with them. They are those of `go tool trace`, which splits system calls further, and for whom a
-- goroutine that blocks for ever (reason `forever`) is at its end. A number that C calls use again and again counts all
-- of its lives.
--
-- key: trace_id, goroutine
CREATE VIEW sched.goroutine (
  -- The trace.
  trace_id,
  -- The goroutine.
  goroutine,
  -- The function it was started with; NULL when the trace has no stack of it.
  function,
  -- It is the runtime's own: of a function of package runtime other than runtime.main, or unknown.
  is_system,
  -- The goroutine that started it; NULL when that was before the trace, or none did.
  created_by_goroutine,
  -- When it was created, on the trace's clock; NULL when that was before the trace.
  created_ns,
  -- When it first ran, on the trace's clock, the trace's start when it ran then already; NULL when it did not run in the trace.
  started_ns,
  -- When it ended, on the trace's clock; NULL when the trace ends first.
  ended_ns,
  -- Time it ran Go code.
  running_ns,
  -- Time it could have run and had to wait for a proc.
  runnable_ns,
  -- Time in system calls, with or without a proc, and in C.
  syscall_ns,
  -- Time it waited for something else: a channel, a lock, the network, a timer.
  waiting_ns,
  -- All of its time in the trace.
  total_ns,
  -- How often it was put on a proc.
  run_count,
  -- Time in which it had to help the GC mark before it could allocate, waiting included.
  mark_assist_ns,
  -- Time in which it swept spans before it could allocate, or for the background sweeper.
  sweep_ns,
  -- What it waited for, the longest in all first: reason, waits, waiting_ns and longest_ns, as in `sched.goroutine_wait`.
  waits
) AS
WITH lives AS (
  SELECT
    trace_id,
    goroutine,
    COUNT(*) FILTER (from_state = 'undetermined') > 0 AS is_older,
    COUNT(*) FILTER (from_state IN ('undetermined', 'not exist')) AS begins,
    COUNT(*) FILTER (to_state = 'not exist') AS ends,
    MIN(time_ns) FILTER (from_state = 'not exist') AS created_ns,
    MAX(time_ns) FILTER (to_state = 'not exist') AS ended_ns,
    arg_min(by_goroutine, time_ns) FILTER (from_state = 'not exist') AS created_by_goroutine,
    COUNT(*) FILTER (from_state = 'runnable' AND to_state = 'running') AS run_count
  FROM goroutine_transition
  GROUP BY trace_id, goroutine
),
reasons AS (
  SELECT
    trace_id,
    goroutine,
    state,
    reason,
    MIN(start_ns) AS started_ns,
    COUNT(*) AS waits,
    int64.clamp(SUM(duration_ns)) AS duration_ns,
    MAX(duration_ns) AS longest_ns
  FROM sched._state
  GROUP BY trace_id, goroutine, state, reason
),
times AS (
  SELECT
    trace_id,
    goroutine,
    MIN(started_ns) FILTER (state = 'running') AS started_ns,
    int64.clamp(SUM(duration_ns) FILTER (state = 'running')) AS running_ns,
    int64.clamp(SUM(duration_ns) FILTER (state = 'runnable')) AS runnable_ns,
    int64.clamp(SUM(duration_ns) FILTER (state = 'syscall')) AS syscall_ns,
    int64.clamp(SUM(duration_ns) FILTER (state = 'waiting')) AS waiting_ns,
    int64.clamp(SUM(duration_ns)) AS total_ns,
    list(
      {'reason': reason, 'waits': waits, 'waiting_ns': duration_ns, 'longest_ns': longest_ns}
      ORDER BY duration_ns DESC, reason
    ) FILTER (state = 'waiting') AS waits
  FROM reasons
  GROUP BY trace_id, goroutine
),
collected AS (
  SELECT
    trace_id,
    goroutine,
    int64.clamp(SUM(duration_ns) FILTER (kind = 'assist')) AS mark_assist_ns,
    int64.clamp(SUM(duration_ns) FILTER (kind = 'sweep')) AS sweep_ns
  FROM sched._gc_work
  GROUP BY trace_id, goroutine
)
SELECT
  trace_id,
  goroutine,
  entry.function,
  -- As internal/trace/summary.go has it, IsSystemGoroutine.
  entry.function IS NULL OR (entry.function <> 'runtime.main' AND starts_with(entry.function, 'runtime.')),
  CASE WHEN NOT lives.is_older THEN lives.created_by_goroutine END,
  CASE WHEN NOT lives.is_older THEN lives.created_ns END,
  times.started_ns,
  CASE WHEN lives.ends = lives.begins THEN lives.ended_ns END,
  coalesce(times.running_ns, 0),
  coalesce(times.runnable_ns, 0),
  coalesce(times.syscall_ns, 0),
  coalesce(times.waiting_ns, 0),
  coalesce(times.total_ns, 0),
  lives.run_count,
  coalesce(collected.mark_assist_ns, 0),
  coalesce(collected.sweep_ns, 0),
  coalesce(times.waits, [])
FROM lives
LEFT JOIN sched._entry AS entry USING (trace_id, goroutine)
LEFT JOIN times USING (trace_id, goroutine)
LEFT JOIN collected USING (trace_id, goroutine)
