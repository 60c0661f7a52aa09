-- One row per trace and stack whose scheduling latencies are not those of the trace's profile; always empty.
--
-- key: trace_id, stack_id
CREATE VIEW audit.latencies_are_samples (
  -- The trace.
  trace_id,
  -- Where goroutines were made runnable.
  stack_id,
  -- Their delay by sched.latency; NULL when it has no row.
  latency_ns,
  -- Their delay by the samples; NULL when there is none.
  sample_ns
) AS
WITH samples AS (
  SELECT
    profile_id AS trace_id,
    stack_id,
    int64.clamp(SUM(CASE WHEN sample_type = 'sched_contentions' THEN value ELSE 0 END)) AS contentions,
    int64.clamp(SUM(CASE WHEN sample_type = 'sched_delay' THEN value ELSE 0 END)) AS delay_ns
  FROM main.sample_value AS sample
  JOIN profile USING (profile_id)
  WHERE kind = 'trace' AND sample_type IN ('sched_contentions', 'sched_delay')
  GROUP BY profile_id, stack_id
)
SELECT trace_id, stack_id, latencies.delay_ns, samples.delay_ns
FROM sched.latency AS latencies
FULL JOIN samples USING (trace_id, stack_id)
WHERE latencies.delay_ns IS DISTINCT FROM samples.delay_ns
  OR latencies.contentions IS DISTINCT FROM samples.contentions
