-- One row per trace and instant at which a goroutine begins or ends GC work: marking in the background, or assisting.
--
-- A goroutine works while it executes, and assists or was labelled a worker since it last started.
--
-- key: trace_id, goroutine, time_ns, step
CREATE VIEW gc._work (
  -- The trace.
  trace_id,
  -- The goroutine.
  goroutine,
  -- When.
  time_ns,
  -- Order of events at one time.
  step,
  -- `assist`, `background` (a dedicated or a fractional worker) or `idle` from now on; NULL for none.
  work,
  -- 1 when it begins to take a proc from the program, -1 when it ends that; idle workers take what nobody wants.
  change
) AS
WITH states AS (
  SELECT
    trace_id,
    goroutine,
    greatest(time_ns, begin_ns) AS time_ns,
    step,
    coalesce(last_value(is_executing IGNORE NULLS) OVER so_far, FALSE) AS executes,
    coalesce(last_value(worker IGNORE NULLS) OVER so_far, '') AS worker,
    int64.clamp(SUM(assists) OVER so_far) > 0 AS assists
  FROM gc._event
  WINDOW so_far AS (
    PARTITION BY trace_id, goroutine ORDER BY time_ns, step ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
  )
),
works AS (
  SELECT
    trace_id,
    goroutine,
    time_ns,
    step,
    CASE
      WHEN NOT executes THEN NULL
      WHEN assists THEN 'assist'
      WHEN worker = 'GC (idle)' THEN 'idle'
      WHEN worker <> '' THEN 'background'
    END AS work
  FROM states
),
changes AS (
  SELECT trace_id, goroutine, time_ns, step, work, lag(work) OVER by_time AS before
  FROM works
  WINDOW by_time AS (PARTITION BY trace_id, goroutine ORDER BY time_ns, step)
)
SELECT
  trace_id,
  goroutine,
  time_ns,
  step,
  work,
  coalesce(work <> 'idle', FALSE)::INTEGER - coalesce(before <> 'idle', FALSE)::INTEGER
FROM changes
WHERE work IS DISTINCT FROM before
