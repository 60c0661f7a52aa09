-- One row per stay of a goroutine in a system call, as far as it lies in the trace: which proc it held, and until when.
--
-- A goroutine takes its proc into a system call and holds it until the proc is taken away for others, or the call ends. What the trace
-- first tells to be in a system call holds no proc here, unless the trace names one.
--
-- key: trace_id, goroutine, start_ns
CREATE VIEW sched._syscall (
  -- The trace.
  trace_id,
  -- The goroutine.
  goroutine,
  -- When it began, on the trace's clock; the trace's start when that was before.
  start_ns,
  -- When it ended, on the trace's clock; the trace's end when that was not seen.
  end_ns,
  -- The proc it held at first; NULL for none.
  proc,
  -- How long it held that.
  held_ns,
  -- How long it was in the system call without a proc.
  blocked_ns
) AS
WITH begun AS (
  SELECT
    trace_id,
    goroutine,
    proc,
    CASE WHEN from_state = 'undetermined' THEN trace.start_ns ELSE time_ns END AS start_ns
  FROM goroutine_transition
  JOIN trace USING (trace_id)
  WHERE to_state = 'syscall' AND from_state <> 'syscall'
),
calls AS (
  SELECT trace_id, goroutine, start_ns, states.end_ns, begun.proc
  FROM sched._state AS states
  JOIN begun USING (trace_id, goroutine, start_ns)
  WHERE states.state = 'syscall'
),
taken AS (
  SELECT trace_id, proc, time_ns
  FROM proc_transition
  WHERE from_state = 'running' AND to_state = 'idle'
),
held AS (
  SELECT
    calls.trace_id,
    calls.goroutine,
    calls.start_ns,
    calls.end_ns,
    calls.proc,
    CASE WHEN calls.proc IS NULL THEN calls.start_ns ELSE least(coalesce(taken.time_ns, calls.end_ns), calls.end_ns) END
      AS until_ns
  FROM calls
  ASOF LEFT JOIN taken
    -- The first time the proc was taken from whoever had it, once the call had begun.
    ON taken.trace_id = calls.trace_id AND taken.proc = calls.proc AND taken.time_ns >= calls.start_ns
)
SELECT
  trace_id,
  goroutine,
  start_ns,
  end_ns,
  proc,
  int64.clamp(until_ns::HUGEINT - start_ns),
  int64.clamp(end_ns::HUGEINT - until_ns)
FROM held
