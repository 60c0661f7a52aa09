-- One row per stay of a proc in one state, as far as it lies in the trace.
--
-- As sched._state does for goroutines.
--
-- key: trace_id, proc, start_ns
CREATE VIEW sched._proc_state (
  -- The trace.
  trace_id,
  -- The proc.
  proc,
  -- `running` or `idle`.
  state,
  -- When it began that, on the trace's clock; the trace's start when that was before.
  start_ns,
  -- When it did something else, on the trace's clock; the trace's end when that was not seen.
  end_ns,
  -- From start to end.
  duration_ns
) AS
WITH firsts AS (
  SELECT trace_id, transitions.time_ns, trace.start_ns
  FROM proc_transition AS transitions
  JOIN trace USING (trace_id)
  WHERE transitions.from_state = 'undetermined'
),
lasts AS (
  SELECT trace_id, proc, MAX(time_ns) AS time_ns, arg_max(to_state, time_ns) AS state
  FROM proc_transition
  WHERE from_state <> to_state
  GROUP BY trace_id, proc
),
stays AS (
  SELECT
    trace_id,
    proc,
    from_state AS state,
    int64.clamp(time_ns::HUGEINT - duration_ns) AS since_ns,
    time_ns AS until_ns
  FROM proc_transition
  WHERE duration_ns IS NOT NULL
  UNION ALL
  SELECT trace_id, lasts.proc, lasts.state, lasts.time_ns, trace.end_ns
  FROM lasts
  JOIN trace USING (trace_id)
  WHERE lasts.state <> 'not exist'
)
SELECT
  stays.trace_id,
  stays.proc,
  stays.state,
  coalesce(firsts.start_ns, stays.since_ns),
  stays.until_ns,
  int64.clamp(stays.until_ns::HUGEINT - coalesce(firsts.start_ns, stays.since_ns))
FROM stays
-- No two events of a trace have the same time, so it names the row.
LEFT JOIN firsts ON firsts.trace_id = stays.trace_id AND firsts.time_ns = stays.since_ns
