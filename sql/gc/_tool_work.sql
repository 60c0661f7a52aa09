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
-- What a goroutine ran on as it began to assist: the proc of its last change of state.
WITH ran AS (
  SELECT assists.trace_id, assists.goroutine, assists.time_ns, assists.step, moves.proc
  FROM gc._event AS assists
  ASOF JOIN (
    SELECT trace_id, goroutine, time_ns, proc
    FROM goroutine_transition
    SEMI JOIN (FROM gc._event WHERE step = -1) AS assists USING (trace_id, goroutine)
    WHERE
      from_state <> 'undetermined'
      AND (to_state IN ('running', 'syscall') OR from_state IN ('running', 'syscall'))
  ) AS moves
    ON moves.trace_id = assists.trace_id AND moves.goroutine = assists.goroutine AND moves.time_ns <= assists.time_ns
  WHERE assists.step = -1 AND moves.time_ns >= assists.begin_ns
),
seen AS (
  SELECT
    trace_id,
    greatest(time_ns, begin_ns) AS time_ns,
    step,
    executing_change,
    assists,
    coalesce(worker <> 'GC (idle)', FALSE) AND step = 2 AS is_label,
    last_value(coalesce(events.proc, ran.proc) IGNORE NULLS) OVER so_far AS proc,
    -- What was running before the trace is the event in front.
    is_before AND step = 1 AND NOT coalesce(lag(is_before) OVER by_time, FALSE) AS is_waiting,
    int64.clamp(SUM(assists) OVER so_far) > 0 AS is_assisting,
    time_ns > MIN(time_ns) FILTER (step = 2 AND worker <> 'GC (idle)') OVER (
      PARTITION BY trace_id, goroutine
    ) AS is_labelled
  FROM gc._event AS events
  LEFT JOIN ran USING (trace_id, goroutine, time_ns, step)
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
