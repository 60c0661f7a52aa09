-- One row per trace and user task (runtime/trace.NewTask), those included of which only regions or logs tell.
--
-- The background task, 0, is none.
--
-- key: trace_id, task
CREATE VIEW sched.task (
  -- The trace.
  trace_id,
  -- Number of the task.
  task,
  -- Its name; NULL when it began before the trace.
  name,
  -- The task it belongs to; NULL for none, and when it began before the trace.
  parent,
  -- The goroutine that began it; NULL for none, and when that was before the trace.
  goroutine,
  -- When it began, on the trace's clock; NULL when that was before the trace.
  begin_ns,
  -- When it ended, on the trace's clock; NULL when that was not seen.
  end_ns,
  -- From begin to end; NULL when one of them was not seen.
  duration_ns,
  -- Goroutines that began or ended it, had a region of it, or logged for it.
  goroutines,
  -- Regions of it.
  regions,
  -- Its log messages.
  logs,
  -- When it began, since the trace's first event; NULL when that was before.
  since_start_ns
) AS
WITH events AS (
  SELECT trace_id, task, goroutine, event, time_ns, name, parent
  FROM trace_task
  UNION ALL
  SELECT trace_id, task, goroutine, 'region', NULL, NULL, NULL
  FROM sched.region
  UNION ALL
  SELECT trace_id, task, goroutine, 'log', NULL, NULL, NULL
  FROM trace_log
)
SELECT
  trace_id,
  task,
  MIN(name) FILTER (event = 'begin'),
  MIN(parent) FILTER (event = 'begin'),
  MIN(goroutine) FILTER (event = 'begin'),
  MIN(time_ns) FILTER (event = 'begin'),
  MAX(time_ns) FILTER (event = 'end'),
  int64.clamp(MAX(time_ns::HUGEINT) FILTER (event = 'end') - MIN(time_ns) FILTER (event = 'begin')),
  COUNT(DISTINCT goroutine),
  COUNT(*) FILTER (event = 'region'),
  COUNT(*) FILTER (event = 'log'),
  int64.clamp(MIN(time_ns::HUGEINT) FILTER (event = 'begin') - any_value(trace.start_ns))
FROM events
LEFT JOIN trace USING (trace_id)
WHERE task <> 0
GROUP BY trace_id, task
