-- One row per user region (runtime/trace.StartRegion, WithRegion).
--
-- A region that nobody ended has no end, even when its goroutine has one.
--
-- key: trace_id, begin_ns, end_ns
CREATE VIEW sched.region (
  -- The trace.
  trace_id,
  -- The goroutine it lies in.
  goroutine,
  -- The task it belongs to; 0 is the background task.
  task,
  -- Its name.
  name,
  -- When it began, on the trace's clock; NULL when that was before the trace.
  begin_ns,
  -- When it ended, on the trace's clock; NULL when that was not seen.
  end_ns,
  -- From begin to end; NULL when one of them was not seen.
  duration_ns,
  -- Where it began, or ended when its begin was not seen; NULL when the trace has no stack of it.
  stack_id
) AS
WITH ends AS (
  SELECT
    trace_id,
    goroutine,
    task,
    name,
    int64.clamp(time_ns::HUGEINT - duration_ns) AS begin_ns,
    time_ns AS end_ns,
    duration_ns,
    stack_id
  FROM trace_region
  WHERE event = 'end'
),
begins AS (
  SELECT trace_id, goroutine, task, name, time_ns AS begin_ns, stack_id
  FROM trace_region
  WHERE event = 'begin'
)
SELECT
  trace_id,
  coalesce(begins.goroutine, ends.goroutine),
  coalesce(begins.task, ends.task),
  coalesce(begins.name, ends.name),
  begin_ns,
  ends.end_ns,
  ends.duration_ns,
  CASE WHEN begins.name IS NULL THEN ends.stack_id ELSE begins.stack_id END
FROM ends
-- No two events of a trace have the same time, so it names the row.
FULL JOIN begins USING (trace_id, begin_ns)
