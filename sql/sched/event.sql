-- One row per event of a trace, in the words of `go tool trace -d=parsed`, as far as the tables have them.
--
-- Not in the tables: that a range was active already as a generation began (RangeActive), events of objects, spans and stacks
-- (Experimental; they are in `heap_object`, `heap_span` and `goroutine_stack`), and the last Sync, which says nothing.
-- Of annotations, metrics, labels and ranges the thread is not kept, nor the proc of annotations; for one event it is that of
-- the goroutine's last transition before it.
--
-- key: trace_id, time_ns
CREATE VIEW sched.event (
  -- The trace.
  trace_id,
  -- When, on the trace's clock.
  time_ns,
  -- StateTransition, Metric, Label, RangeBegin, RangeEnd, TaskBegin, TaskEnd, RegionBegin, RegionEnd, Log, StackSample or Sync.
  kind,
  -- The thread it happened on; NULL for none, and where it is not kept.
  thread,
  -- The proc it happened on; NULL for none, and where it is not kept: of annotations, and of a proc that stops, which may have been stolen.
  proc,
  -- The goroutine it happened on; NULL for none, and where it is not kept: of what the GC does without one or for a proc.
  goroutine,
  -- What it is about, `goroutine` or `proc`; NULL for neither.
  resource_kind,
  -- The number of that.
  resource,
  -- What the goroutine or proc did until now; NULL but for transitions.
  from_state,
  -- What it does from now on; NULL but for transitions.
  to_state,
  -- Why, for a transition; the name of a metric, range, task or region; the category of a log message; a label.
  name,
  -- The text of a log message; NULL for other events.
  message,
  -- The task; NULL for events that have none.
  task,
  -- The value of a metric; the task that a task belongs to; the bytes that a sweep looked at; the number of a generation.
  value,
  -- Bytes that a sweep gave back; NULL for other events.
  reclaimed_bytes,
  -- Where the goroutine that changes is, or where a new one starts; NULL without.
  transition_stack_id,
  -- Where it happened; NULL when the trace has no stack of it.
  stack_id
) AS
SELECT
  trace_id,
  time_ns,
  'StateTransition' AS kind,
  thread,
  proc,
  -- Who runs, or is in a system call, changes its state itself unless another one does.
  coalesce(by_goroutine, CASE WHEN from_state IN ('running', 'syscall') THEN goroutine END) AS goroutine,
  'goroutine' AS resource_kind,
  goroutine AS resource,
  from_state,
  to_state,
  reason AS name,
  NULL::VARCHAR AS message,
  NULL::BIGINT AS task,
  NULL::BIGINT AS value,
  NULL::BIGINT AS reclaimed_bytes,
  stack_id AS transition_stack_id,
  -- A new goroutine's stack is where it starts, not where it was made.
  coalesce(
    by_stack_id,
    CASE
      WHEN by_goroutine IS NULL AND (from_state IN ('running', 'syscall', 'undetermined') OR from_state = to_state)
        THEN stack_id
    END
  ) AS stack_id
FROM goroutine_transition
UNION ALL
SELECT
  trace_id,
  time_ns,
  'StateTransition',
  thread,
  NULL,
  goroutine,
  'proc',
  proc,
  from_state,
  to_state,
  '',
  NULL,
  NULL,
  NULL,
  NULL,
  NULL,
  NULL
FROM proc_transition
UNION ALL
SELECT
  trace_id, start_ns, 'RangeBegin', NULL, proc, goroutine,
  CASE WHEN goroutine IS NOT NULL THEN 'goroutine' WHEN proc IS NOT NULL THEN 'proc' END,
  coalesce(goroutine, proc), NULL, NULL, name, NULL, NULL, NULL, NULL, NULL, stack_id
FROM trace_range
WHERE start_ns IS NOT NULL
UNION ALL
SELECT
  trace_id, end_ns, 'RangeEnd', NULL, proc, goroutine,
  CASE WHEN goroutine IS NOT NULL THEN 'goroutine' WHEN proc IS NOT NULL THEN 'proc' END,
  coalesce(goroutine, proc), NULL, NULL, name, NULL, NULL, swept_bytes, reclaimed_bytes, NULL, NULL
FROM trace_range
WHERE end_ns IS NOT NULL
UNION ALL
SELECT
  trace_id, time_ns, 'Metric', NULL, proc, goroutine, NULL, NULL, NULL, NULL, name, NULL, NULL, value, NULL,
  NULL, stack_id
FROM trace_metric
UNION ALL
SELECT
  trace_id, time_ns, CASE event WHEN 'begin' THEN 'TaskBegin' ELSE 'TaskEnd' END, NULL, NULL, goroutine,
  NULL, NULL, NULL,
  NULL, name, NULL, task, parent, NULL, NULL, stack_id
FROM trace_task
UNION ALL
SELECT
  trace_id, time_ns, CASE event WHEN 'begin' THEN 'RegionBegin' ELSE 'RegionEnd' END, NULL, NULL, goroutine, NULL, NULL,
  NULL, NULL, name, NULL, task, NULL, NULL, NULL, stack_id
FROM trace_region
UNION ALL
SELECT
  trace_id, time_ns, 'Log', NULL, NULL, goroutine, NULL, NULL, NULL, NULL, category, message, task, NULL,
  NULL, NULL, stack_id
FROM trace_log
UNION ALL
SELECT
  trace_id, time_ns, 'Label', NULL, NULL, goroutine, 'goroutine', goroutine, NULL, NULL, label, NULL, NULL, NULL, NULL,
  NULL, NULL
FROM trace_label
UNION ALL
SELECT
  trace_id, time_ns, 'StackSample', thread, proc, goroutine, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
  stack_id
FROM trace_cpu_sample
UNION ALL
SELECT
  trace_id, start_ns, 'Sync', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, generation, NULL, NULL, NULL
FROM trace_generation
