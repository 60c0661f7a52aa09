-- One row per user region, as long as it lies in the trace.
--
-- As `go tool trace` has it: one that nobody ended ends with its goroutine, also where that blocks for ever, or with the trace; one
-- that began before the trace, with the trace.
--
-- key: trace_id, start_ns, end_ns, goroutine, name
CREATE VIEW sched._region_span (
  -- The trace.
  trace_id,
  -- Its name.
  name,
  -- The goroutine it lies in.
  goroutine,
  -- When it began, on the trace's clock; the trace's start when that was before.
  start_ns,
  -- When it ended, on the trace's clock, or its goroutine or the trace did.
  end_ns,
  -- From start to end.
  duration_ns,
  -- Its begin and end are in the trace.
  is_complete,
  -- Where it began; NULL when that was before the trace, or the trace has no stack of it.
  stack_id
) AS
WITH ends AS (
  SELECT trace_id, goroutine, MAX(time_ns) AS time_ns
  FROM goroutine_transition
  WHERE to_state = 'not exist' OR (to_state = 'waiting' AND reason = 'forever')
  GROUP BY trace_id, goroutine
),
spans AS (
  SELECT
    trace_id,
    regions.name,
    regions.goroutine,
    coalesce(regions.begin_ns, trace.start_ns) AS start_ns,
    coalesce(
      regions.end_ns, CASE WHEN ends.time_ns > regions.begin_ns THEN ends.time_ns END, trace.end_ns
    ) AS end_ns,
    regions.begin_ns IS NOT NULL AND regions.end_ns IS NOT NULL AS is_complete,
    CASE WHEN regions.begin_ns IS NOT NULL THEN regions.stack_id END AS stack_id
  FROM sched.region AS regions
  JOIN trace USING (trace_id)
  LEFT JOIN ends USING (trace_id, goroutine)
)
SELECT trace_id, name, goroutine, start_ns, end_ns, int64.clamp(end_ns::HUGEINT - start_ns), is_complete, stack_id
FROM spans
