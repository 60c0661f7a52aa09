-- One row per event of a goroutine while it assists, or that ever marks: what it changes of whether it does GC work.
--
-- An assist that was going on before the trace, and a goroutine that was running when the trace first mentions it, began
-- when the trace did. Who begins an assist executes (runtime.gcAssistAlloc); changes of state far from any assist, which
-- are nearly all there are, are left out.
--
-- key: trace_id, goroutine, time_ns, step
CREATE VIEW gc._event (
  -- The trace.
  trace_id,
  -- The goroutine.
  goroutine,
  -- When.
  time_ns,
  -- Order of events at one time: -1 that it executes, as it begins to assist, 0 a change of state, 1 the beginning or
  -- end of an assist, 2 a label.
  step,
  -- Time of the first GOMAXPROCS, before which there are no procs to share.
  begin_ns,
  -- Whether it began before the trace.
  is_before,
  -- The proc of a change of state; NULL for other events, and for none.
  proc,
  -- Whether it executes from now on, running or in a system call; NULL when the event does not tell.
  is_executing,
  -- 1 when it begins to execute, -1 when it ends that.
  executing_change,
  -- Assists begun minus assists ended.
  assists,
  -- The label it works under from now on, empty when it stops; NULL when the event does not tell.
  worker
) AS
-- None of it as a table: nearly all rows are looked at once and left, and DuckDB works out once what two views ask of it
-- only where it sees both to the bottom.
WITH assists AS NOT MATERIALIZED (
  SELECT trace_id, goroutine, trace_range.start_ns, trace_range.end_ns
  FROM trace_range
  JOIN gc._slot AS begun USING (trace_id)
  -- What ended before there were procs cannot matter, and its beginning is not known.
  WHERE name = 'GC mark assist' AND (trace_range.start_ns IS NOT NULL OR coalesce(trace_range.end_ns >= begin_ns, TRUE))
),
workers AS NOT MATERIALIZED (
  SELECT DISTINCT trace_id, goroutine
  FROM trace_label
  WHERE starts_with(label, 'GC ')
),
-- To look each change up in a table of slots takes a tenth of what an ASOF join takes, which puts all of them in order.
slots AS NOT MATERIALIZED (
  SELECT DISTINCT
    trace_id,
    goroutine,
    unnest(
      range(
        greatest(coalesce(assists.start_ns, begun.start_ns), begun.start_ns) >> slot_bits,
        (least(coalesce(assists.end_ns, begun.end_ns), begun.end_ns) >> slot_bits) + 1
      )
    ) AS slot
  FROM assists
  ANTI JOIN workers USING (trace_id, goroutine)
  JOIN gc._slot AS begun USING (trace_id)
),
executing AS NOT MATERIALIZED (
  SELECT trace_id, goroutine, time_ns, from_state, to_state, proc
  FROM goroutine_transition
  WHERE to_state IN ('running', 'syscall') OR from_state IN ('running', 'syscall')
),
concerned AS NOT MATERIALIZED (
  SELECT trace_id, goroutine, time_ns, from_state, to_state, proc
  FROM executing
  SEMI JOIN workers USING (trace_id, goroutine)
  UNION ALL
  SELECT trace_id, goroutine, time_ns, from_state, to_state, proc
  FROM (SELECT executing.*, time_ns >> slot_bits AS slot FROM executing JOIN gc._slot AS begun USING (trace_id))
  SEMI JOIN slots USING (trace_id, goroutine, slot)
  WHERE from_state <> 'undetermined'
  UNION ALL
  SELECT trace_id, goroutine, time_ns, from_state, to_state, proc
  FROM executing
  SEMI JOIN (FROM assists ANTI JOIN workers USING (trace_id, goroutine)) AS assists USING (trace_id, goroutine)
  WHERE from_state = 'undetermined'
),
events AS NOT MATERIALIZED (
  SELECT
    trace_id,
    goroutine,
    CASE WHEN from_state <> 'undetermined' THEN time_ns END AS time_ns,
    0 AS step,
    proc,
    to_state IN ('running', 'syscall') AS is_executing,
    (to_state IN ('running', 'syscall'))::INTEGER - (from_state IN ('running', 'syscall'))::INTEGER AS executing_change,
    0 AS assists,
    CASE WHEN to_state NOT IN ('running', 'syscall') THEN '' END AS worker
  FROM concerned
  UNION ALL
  SELECT trace_id, goroutine, start_ns, -1, NULL, TRUE, 0, 0, NULL FROM assists WHERE start_ns IS NOT NULL
  UNION ALL
  SELECT trace_id, goroutine, start_ns, 1, NULL, NULL, 0, 1, NULL FROM assists
  UNION ALL
  SELECT trace_id, goroutine, end_ns, 1, NULL, NULL, 0, -1, NULL FROM assists WHERE end_ns IS NOT NULL
  UNION ALL
  SELECT trace_id, goroutine, time_ns, 2, NULL, NULL, 0, 0, label
  FROM trace_label
  WHERE starts_with(label, 'GC ')
)
SELECT
  trace_id,
  events.goroutine,
  coalesce(events.time_ns, begun.start_ns),
  events.step,
  begun.begin_ns,
  events.time_ns IS NULL,
  events.proc,
  events.is_executing,
  events.executing_change,
  events.assists,
  events.worker
FROM events
JOIN gc._slot AS begun USING (trace_id)
