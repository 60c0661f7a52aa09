-- One row per trace and proc: what it did with its time.
--
-- Running is what the trace calls so: somebody has the proc, be it a goroutine, one in a system call that still holds
-- it, the scheduler that looks for work, or the GC. Executing is the part in which a goroutine ran on it.
--
-- key: trace_id, proc
CREATE VIEW sched.proc (
  -- The trace.
  trace_id,
  -- The proc.
  proc,
  -- When it first was there, on the trace's clock: the trace's start for those that were there before.
  start_ns,
  -- Time somebody had it.
  running_ns,
  -- Time a goroutine ran on it.
  executing_ns,
  -- Time a goroutine held it in a system call, which nobody else could use.
  syscall_ns,
  -- Time nobody had it.
  idle_ns,
  -- Executing by running and idle together; NULL when it had no time.
  utilisation
) AS
WITH times AS (
  SELECT
    trace_id,
    proc,
    MIN(start_ns) AS start_ns,
    int64.clamp(coalesce(SUM(duration_ns) FILTER (state = 'running'), 0)) AS running_ns,
    int64.clamp(coalesce(SUM(duration_ns) FILTER (state = 'idle'), 0)) AS idle_ns
  FROM sched._proc_state
  GROUP BY trace_id, proc
),
executing AS (
  SELECT trace_id, proc, int64.clamp(SUM(duration_ns)) AS executing_ns
  FROM sched._state
  WHERE proc IS NOT NULL
  GROUP BY trace_id, proc
),
calling AS (
  SELECT trace_id, proc, int64.clamp(SUM(held_ns)) AS syscall_ns
  FROM sched._syscall
  WHERE proc IS NOT NULL
  GROUP BY trace_id, proc
)
SELECT
  trace_id,
  proc,
  times.start_ns,
  times.running_ns,
  coalesce(executing.executing_ns, 0),
  coalesce(calling.syscall_ns, 0),
  times.idle_ns,
  coalesce(executing.executing_ns, 0) / nullif(times.running_ns::HUGEINT + times.idle_ns, 0)
FROM times
LEFT JOIN executing USING (trace_id, proc)
LEFT JOIN calling USING (trace_id, proc)
