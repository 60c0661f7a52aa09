-- One row per message of runtime/trace.Log, with the name of its task.
--
-- key: trace_id, time_ns, goroutine
CREATE VIEW sched.log (
  -- The trace.
  trace_id,
  -- When it was written, since the trace's first event.
  since_start_ns,
  -- When it was written, on the trace's clock.
  time_ns,
  -- The goroutine that wrote it; NULL for none.
  goroutine,
  -- The task it was written for; 0 is the background task.
  task,
  -- Its name; NULL for the background task, and when it began before the trace.
  task_name,
  -- The category.
  category,
  -- The text.
  message,
  -- Where it was written; NULL when the trace has no stack of it.
  stack_id
) AS
SELECT
  logs.trace_id,
  int64.clamp(logs.time_ns::HUGEINT - trace.start_ns),
  logs.time_ns,
  logs.goroutine,
  logs.task,
  tasks.name,
  logs.category,
  logs.message,
  logs.stack_id
FROM trace_log AS logs
LEFT JOIN trace USING (trace_id)
LEFT JOIN sched.task AS tasks USING (trace_id, task)
