-- One row per trace and instant at which a goroutine begins or ends GC work: marking in the background, or assisting.
--
-- A goroutine works while it executes, and assists or was labelled a worker, not an idle one, since it last started.
-- Each takes a proc from the program.
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
  -- 1 when it begins, -1 when it ends.
  change,
  -- The part of the change that is background marking; the rest is assist.
  background_change
) AS
WITH states AS (
  SELECT
    trace_id,
    goroutine,
    greatest(time_ns, begin_ns) AS time_ns,
    step,
    coalesce(last_value(is_executing IGNORE NULLS) OVER so_far, FALSE) AS executes,
    coalesce(last_value(is_worker IGNORE NULLS) OVER so_far, FALSE) AS is_worker,
    SUM(assists) OVER so_far::BIGINT > 0 AS is_assisting
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
    (executes AND (is_worker OR is_assisting))::INTEGER AS busy,
    (executes AND is_worker)::INTEGER AS marking
  FROM states
),
changes AS (
  SELECT
    trace_id,
    goroutine,
    time_ns,
    step,
    -- DuckDB 1.5 does not understand a default inside lag() in a file that a later one wrote.
    busy - coalesce(lag(busy) OVER by_time, 0) AS change,
    marking - coalesce(lag(marking) OVER by_time, 0) AS background_change
  FROM works
  WINDOW by_time AS (PARTITION BY trace_id, goroutine ORDER BY time_ns, step)
)
SELECT trace_id, goroutine, time_ns, step, change, background_change
FROM changes
WHERE change <> 0 OR background_change <> 0
