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
WITH runs AS (
  SELECT trace_id, goroutine, MIN(time_ns) AS first_ns
  FROM goroutine_transition
  WHERE to_state = 'running'
  GROUP BY trace_id, goroutine
),
nowhere AS (
  SELECT MIN(stack_id) AS stack_id
  FROM stack
  WHERE len(location_ids) = 0
)
SELECT
  transitions.trace_id,
  coalesce(transitions.from_stack_id, nowhere.stack_id),
  COUNT(*),
  SUM(transitions.duration_ns)::BIGINT,
  MAX(transitions.duration_ns),
  quantile_disc(transitions.duration_ns, 0.5),
  quantile_disc(transitions.duration_ns, 0.99)
FROM goroutine_transition AS transitions
JOIN runs USING (trace_id, goroutine)
CROSS JOIN nowhere
WHERE transitions.from_state = 'runnable'
  AND transitions.duration_ns IS NOT NULL
  AND transitions.time_ns > runs.first_ns
GROUP BY ALL
