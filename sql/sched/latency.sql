-- One row per trace and stack: how long goroutines that were made runnable there had to wait for a proc.
--
-- Counts and sums are `sched_contentions` and `sched_delay` of the trace's profile, which are those of
-- `go tool trace -pprof=sched`: what ended in the trace, without a goroutine's wait for its first run.
--
-- key: trace_id, stack_id
CREATE VIEW sched.latency (
  -- The trace.
  trace_id,
  -- Where the goroutine was made runnable, by itself or by another; the empty stack when the trace has none of it.
  stack_id,
  -- How often.
  contentions,
  -- How long in all.
  delay_ns,
  -- The longest.
  max_ns,
  -- Half of them took at most that.
  p50_ns,
  -- 99 of 100 took at most that.
  p99_ns
) AS
WITH firsts AS (
  -- When a goroutine begins to wait for its first run: with its birth, or with the end of what it was born into.
  SELECT trace_id, time_ns
  FROM sched._birth
  WHERE to_state = 'runnable'
  UNION ALL
  SELECT births.trace_id, transitions.time_ns
  FROM sched._birth AS births
  JOIN goroutine_transition AS transitions
    -- No two events of a trace have the same time, so it names the row.
    ON transitions.trace_id = births.trace_id
    AND int64.clamp(transitions.time_ns::HUGEINT - transitions.duration_ns) = births.time_ns
  WHERE births.to_state IN ('waiting', 'syscall') AND transitions.to_state = 'runnable'
),
nowhere AS (
  SELECT MIN(stack_id) AS stack_id
  FROM stack
  WHERE len(location_ids) = 0
),
latencies AS (
  SELECT
    transitions.trace_id,
    coalesce(transitions.from_stack_id, nowhere.stack_id) AS stack_id,
    COUNT(*) AS waits,
    int64.clamp(SUM(transitions.duration_ns)) AS delay_ns,
    MAX(transitions.duration_ns) AS max_ns,
    -- Each quantile by itself would keep all values once more.
    quantile_disc(transitions.duration_ns, [0.5, 0.99]) AS quantiles
  FROM goroutine_transition AS transitions
  CROSS JOIN nowhere
  LEFT JOIN firsts
    ON firsts.trace_id = transitions.trace_id
    AND firsts.time_ns = int64.clamp(transitions.time_ns::HUGEINT - transitions.duration_ns)
  WHERE transitions.from_state = 'runnable' AND transitions.duration_ns IS NOT NULL AND firsts.time_ns IS NULL
  GROUP BY ALL
)
SELECT trace_id, stack_id, waits, delay_ns, max_ns, quantiles[1], quantiles[2]
FROM latencies
