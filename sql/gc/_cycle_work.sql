-- One row per GC cycle with work in it: the time that goroutines executed for it until marking ended.
--
-- A run belongs to the cycle that it begins in. What it goes on after marking ended is not counted: the thread may have
-- lost its core, and notices late that there is nothing left to do.
--
-- key: trace_id, cycle_index
CREATE VIEW gc._cycle_work (
  -- The trace.
  trace_id,
  -- The cycle.
  cycle_index,
  -- Of assisting goroutines.
  assist_ns,
  -- Of dedicated and fractional workers.
  background_ns,
  -- Of idle workers.
  idle_ns
) AS
WITH runs AS (
  SELECT
    trace_id,
    time_ns,
    work,
    lead(time_ns) OVER (PARTITION BY trace_id, goroutine ORDER BY time_ns, step) AS end_ns
  FROM gc._work
),
work AS (
  SELECT
    runs.trace_id,
    cycles.cycle_index,
    runs.work,
    int64.clamp(least(coalesce(runs.end_ns, trace.end_ns), cycles.shown_end_ns)::HUGEINT - runs.time_ns) AS duration_ns
  FROM runs
  JOIN trace ON trace.trace_id = runs.trace_id
  -- The last cycle that had begun.
  ASOF JOIN gc._cycle AS cycles ON cycles.trace_id = runs.trace_id AND cycles.shown_start_ns <= runs.time_ns
  WHERE runs.work IS NOT NULL AND runs.time_ns < cycles.shown_end_ns
)
SELECT
  trace_id,
  cycle_index,
  int64.clamp(coalesce(SUM(duration_ns) FILTER (work = 'assist'), 0)),
  int64.clamp(coalesce(SUM(duration_ns) FILTER (work = 'background'), 0)),
  int64.clamp(coalesce(SUM(duration_ns) FILTER (work = 'idle'), 0))
FROM work
GROUP BY trace_id, cycle_index
