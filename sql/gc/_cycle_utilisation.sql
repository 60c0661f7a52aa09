-- One row per GC cycle: what its marking left to the program.
--
-- No row before the first GOMAXPROCS.
--
-- key: trace_id, cycle_index
CREATE VIEW gc._cycle_utilisation (
  -- The trace.
  trace_id,
  -- The cycle.
  cycle_index,
  -- GOMAXPROCS as it began.
  procs,
  -- Mean share of the procs left to the program from the start of the cycle to the end of marking; NULL for no time.
  utilisation
) AS
WITH steps AS MATERIALIZED (
  SELECT
    trace_id,
    time_ns,
    utilisation,
    coalesce(SUM(utilisation * duration_ns) OVER before, 0) AS up_to_here
  FROM (
    SELECT
      trace_id,
      time_ns,
      utilisation,
      lead(time_ns) OVER (PARTITION BY trace_id ORDER BY time_ns) - time_ns::HUGEINT AS duration_ns
    FROM gc.utilisation
  )
  WINDOW before AS (PARTITION BY trace_id ORDER BY time_ns ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
limits AS (
  SELECT trace_id, MIN(time_ns) AS begin_ns
  FROM steps
  GROUP BY trace_id
),
cycles AS (
  SELECT
    trace_id,
    cycle_index,
    greatest(shown_start_ns, begin_ns) AS left_ns,
    greatest(shown_end_ns, begin_ns) AS right_ns
  FROM gc._cycle
  JOIN limits USING (trace_id)
),
procs AS (
  SELECT trace_id, time_ns, value
  FROM trace_metric
  WHERE name = '/sched/gomaxprocs:threads'
)
SELECT
  cycles.trace_id,
  cycles.cycle_index,
  procs.value,
  (
    late.up_to_here + late.utilisation * (right_ns::HUGEINT - late.time_ns)
    - early.up_to_here - early.utilisation * (left_ns::HUGEINT - early.time_ns)
  ) / NULLIF(right_ns::HUGEINT - left_ns, 0)
FROM cycles
-- What held at either edge.
ASOF JOIN steps AS early ON early.trace_id = cycles.trace_id AND early.time_ns <= cycles.left_ns
ASOF JOIN steps AS late ON late.trace_id = cycles.trace_id AND late.time_ns <= cycles.right_ns
ASOF JOIN procs ON procs.trace_id = cycles.trace_id AND procs.time_ns <= cycles.left_ns
