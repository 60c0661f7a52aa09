-- One row per stay of a goroutine in one state, as far as it lies in the trace.
--
-- What ends in the trace is told by the transition that ends it; what a goroutine does last lasts until the trace
-- ends. A goroutine that is older than the trace has done what the trace first tells of it since the trace began.
-- A goroutine's stays leave no gap between its beginning and its end.
--
-- key: trace_id, goroutine, start_ns
CREATE VIEW sched._state (
  -- The trace.
  trace_id,
  -- The goroutine.
  goroutine,
  -- `runnable`, `running`, `waiting` or `syscall`.
  state,
  -- Why it began that, in the runtime's words; empty when there is no reason, or it lies before the trace.
  reason,
  -- When it began that, on the trace's clock; the trace's start when that was before.
  start_ns,
  -- When it did something else, on the trace's clock; the trace's end when that was not seen.
  end_ns,
  -- From start to end.
  duration_ns,
  -- Where that was begun, by whoever began it; NULL when the trace has no stack of it.
  stack_id,
  -- The proc a running goroutine runs on; NULL in other states.
  proc,
  -- The goroutine that ended it; NULL when it did so itself or none did, and when the trace ends first.
  by_goroutine,
  -- Where that was; NULL without a goroutine, or when the trace has no stack of it.
  by_stack_id,
  -- It began before the trace.
  is_cut_at_start,
  -- The trace ends first.
  is_cut_at_end
) AS
WITH firsts AS (
  SELECT trace_id, births.time_ns, trace.start_ns
  FROM sched._birth AS births
  JOIN trace USING (trace_id)
  WHERE births.from_state = 'undetermined'
),
lasts AS (
  SELECT
    trace_id,
    goroutine,
    MAX(time_ns) AS time_ns,
    arg_max(
      {
        'state': to_state,
        'reason': reason,
        -- The stack of a new goroutine is where it starts, not where it was made.
        'stack_id': CASE WHEN from_state = 'not exist' THEN by_stack_id ELSE coalesce(by_stack_id, stack_id) END,
        'proc': proc
      },
      time_ns
    ) AS begun
  FROM goroutine_transition
  WHERE from_state <> to_state
  GROUP BY trace_id, goroutine
),
stays AS (
  SELECT
    trace_id,
    goroutine,
    from_state AS state,
    from_reason AS reason,
    int64.clamp(time_ns::HUGEINT - duration_ns) AS since_ns,
    time_ns AS until_ns,
    from_stack_id AS stack_id,
    proc,
    by_goroutine,
    by_stack_id,
    FALSE AS is_last
  FROM goroutine_transition
  WHERE duration_ns IS NOT NULL
  UNION ALL
  SELECT
    trace_id,
    lasts.goroutine,
    lasts.begun.state,
    lasts.begun.reason,
    lasts.time_ns,
    trace.end_ns,
    lasts.begun.stack_id,
    lasts.begun.proc,
    NULL,
    NULL,
    TRUE
  FROM lasts
  JOIN trace USING (trace_id)
  WHERE lasts.begun.state <> 'not exist'
)
SELECT
  stays.trace_id,
  stays.goroutine,
  stays.state,
  stays.reason,
  coalesce(firsts.start_ns, stays.since_ns),
  stays.until_ns,
  int64.clamp(stays.until_ns::HUGEINT - coalesce(firsts.start_ns, stays.since_ns)),
  stays.stack_id,
  CASE WHEN stays.state = 'running' THEN stays.proc END,
  stays.by_goroutine,
  stays.by_stack_id,
  firsts.start_ns IS NOT NULL,
  stays.is_last
FROM stays
-- No two events of a trace have the same time, so it names the row.
LEFT JOIN firsts ON firsts.trace_id = stays.trace_id AND firsts.time_ns = stays.since_ns
