-- One row per trace and instant at which `go tool trace` begins or ends to count a proc as busy with GC work.
--
-- internal/trace, MutatorUtilizationV2, of Go 1.22 to 1.27: events before the first GOMAXPROCS do not count; a goroutine
-- once labelled a worker counts whenever it executes, and each label counts it once more, so that its proc is counted
-- as busy from its second label until GOMAXPROCS falls to the proc's number or below. An assist that waits as the trace
-- begins is for Go one of whatever proc the event came by, which the tables don't know; here it is none.
--
-- key: trace_id, proc, time_ns
CREATE VIEW gc._tool_work (
  -- The trace.
  trace_id,
  -- The proc.
  proc,
  -- When.
  time_ns,
  -- 1 when it begins, -1 when it ends.
  change
) AS
WITH runs AS (
  -- What a goroutine ran on as it began to assist: gc._event has the changes within an assist's slots, so that those of
  -- runs over the end of one are missing, and the last before the trace ends.
  SELECT trace_id, goroutine, begin_ns, time_ns, -2 AS step, proc
  FROM (
    SELECT
      trace_id,
      goroutine,
      begin_ns,
      int64.clamp(time_ns::HUGEINT - duration_ns) AS time_ns,
      time_ns >> slot_bits AS last_slot,
      proc,
      slot_bits
    FROM goroutine_transition
    JOIN gc._slot USING (trace_id)
    WHERE from_state = 'running'
  )
  WHERE time_ns >> slot_bits < last_slot
  UNION ALL
  SELECT trace_id, goroutine, begin_ns, MAX(time_ns), -2, arg_max(proc, time_ns)
  FROM goroutine_transition
  JOIN gc._slot USING (trace_id)
  WHERE to_state = 'running' AND from_state <> 'undetermined'
  GROUP BY trace_id, goroutine, begin_ns
),
events AS (
  SELECT trace_id, goroutine, begin_ns, time_ns, step, proc, FALSE AS is_before, 0 AS executing_change, 0 AS assists,
    NULL AS worker
  FROM runs
  SEMI JOIN (FROM trace_range WHERE name = 'GC mark assist') AS assists USING (trace_id, goroutine)
  UNION ALL
  SELECT trace_id, goroutine, begin_ns, time_ns, step, proc, is_before, executing_change, assists, worker
  FROM gc._event
),
seen AS (
  SELECT
    trace_id,
    greatest(time_ns, begin_ns) AS time_ns,
    step,
    executing_change,
    assists,
    coalesce(worker <> 'GC (idle)', FALSE) AND step = 2 AS is_label,
    last_value(proc IGNORE NULLS) OVER so_far AS proc,
    -- What was running before the trace is the event in front.
    is_before AND step = 1 AND NOT coalesce(lag(is_before) OVER by_time, FALSE) AS is_waiting,
    int64.clamp(SUM(assists) OVER so_far) > 0 AS is_assisting,
    time_ns > MIN(time_ns) FILTER (step = 2 AND worker <> 'GC (idle)') OVER (
      PARTITION BY trace_id, goroutine
    ) AS is_labelled
  FROM events
  WHERE time_ns >= begin_ns OR is_before
  WINDOW
    by_time AS (PARTITION BY trace_id, goroutine ORDER BY time_ns, step),
    so_far AS (
      PARTITION BY trace_id, goroutine ORDER BY time_ns, step ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    )
),
falls AS (
  SELECT trace_id, time_ns, value AS procs, lag(value) OVER (PARTITION BY trace_id ORDER BY time_ns) AS procs_before
  FROM trace_metric
  WHERE name = '/sched/gomaxprocs:threads'
  QUALIFY procs < procs_before
),
counted AS (
  SELECT
    trace_id,
    proc,
    time_ns,
    CASE
      WHEN is_waiting THEN 0
      WHEN step > 0 THEN assists + is_label::INTEGER
      ELSE executing_change
    END AS change,
    0 AS dropped
  FROM seen
  WHERE step > 0 OR is_assisting OR is_labelled
  UNION ALL
  -- A proc beyond GOMAXPROCS is forgotten.
  SELECT procs.trace_id, procs.proc, falls.time_ns, 0, 1
  FROM (SELECT DISTINCT trace_id, proc FROM seen) AS procs
  JOIN falls ON falls.trace_id = procs.trace_id AND procs.proc >= falls.procs AND procs.proc < falls.procs_before
),
lived AS (
  SELECT
    trace_id,
    proc,
    time_ns,
    int64.clamp(SUM(change)) AS change,
    int64.clamp(SUM(int64.clamp(SUM(dropped))) OVER (PARTITION BY trace_id, proc ORDER BY time_ns)) AS life
  FROM counted
  GROUP BY trace_id, proc, time_ns
),
busy AS (
  SELECT
    trace_id,
    proc,
    time_ns,
    (int64.clamp(SUM(change) OVER (PARTITION BY trace_id, proc, life ORDER BY time_ns)) > 0)::INTEGER AS is_busy
  FROM lived
),
changes AS (
  SELECT
    trace_id,
    proc,
    time_ns,
    is_busy - coalesce(lag(is_busy) OVER (PARTITION BY trace_id, proc ORDER BY time_ns), 0) AS change
  FROM busy
)
SELECT trace_id, proc, time_ns, change
FROM changes
WHERE change <> 0
