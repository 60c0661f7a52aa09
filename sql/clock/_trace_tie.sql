-- One row per trace that is of a run with numbered cycles: which number its cycles have, and what its clock is to the run's.
--
-- A trace does not number its cycles. The distances between their ends, which are those of the run, say which they are; one
-- with a wall clock finds them by it. All its cycles that the run knows have to fit, with three at least, or one where
-- both have a wall clock; what fits in two places ties nothing.
--
-- key: trace_id
-- stored: by labels
CREATE VIEW clock._trace_tie (
  -- The trace.
  trace_id,
  -- All labels given to its source.
  labels,
  -- The run, as in `clock._sequence`.
  run,
  -- Whether that is a log's, whose times are since the start of the process.
  is_log,
  -- What to add to `cycle_index` for the number of the cycle.
  first_cycle,
  -- Cycles that both tell of.
  cycles,
  -- What to add to the trace's times for the run's, at least.
  least_ns,
  -- At most.
  most_ns
) AS
WITH ends AS MATERIALIZED (
  SELECT
    members.owner,
    members.labels,
    trace_id,
    ended.cycle_index,
    ended.least_ns,
    ended.most_ns,
    trace.clock_offset_ns
  FROM clock._trace_cycle AS ended
  JOIN trace USING (trace_id)
  JOIN clock._member AS members USING (trace_id)
),
known AS MATERIALIZED (
  FROM clock._sequence SEMI JOIN ends USING (owner)
),
-- Of a long trace the first cycles say enough.
steps AS (
  SELECT owner, trace_id, cycle_index, int64.clamp(lead(least_ns) OVER trace::HUGEINT - least_ns) AS step_ns
  FROM ends
  WHERE cycle_index < 64
  WINDOW trace AS (PARTITION BY trace_id ORDER BY cycle_index)
),
known_steps AS (
  SELECT
    owner,
    run,
    is_log,
    cycle,
    CASE
      WHEN lead(cycle) OVER run = cycle::HUGEINT + 1 THEN int64.clamp(lead(least_ns) OVER run::HUGEINT - least_ns)
    END AS step_ns
  FROM known
  WINDOW run AS (PARTITION BY run ORDER BY cycle)
),
-- Steps within 2 ms of each other meet in one of three buckets.
by_steps AS (
  SELECT DISTINCT steps.trace_id, known.run, known.is_log, known.cycle::HUGEINT - steps.cycle_index AS first_cycle
  FROM (
    SELECT *, unnest([step_ns // 2_000_000 - 1, step_ns // 2_000_000, step_ns // 2_000_000 + 1]) AS bucket FROM steps
  ) AS steps
  JOIN (SELECT *, step_ns // 2_000_000 AS bucket FROM known_steps) AS known USING (owner, bucket)
),
by_wall AS (
  SELECT DISTINCT ends.trace_id, known.run, known.is_log, known.cycle::HUGEINT - ends.cycle_index AS first_cycle
  FROM (SELECT *, int64.clamp(least_ns::HUGEINT + clock_offset_ns - 1_000_000) AS wall_ns FROM ends) AS ends
  ASOF JOIN (FROM known WHERE NOT is_log) AS known ON known.owner = ends.owner AND known.least_ns >= ends.wall_ns
),
fitted AS (
  SELECT
    ends.trace_id,
    known.run,
    known.is_log,
    tried.first_cycle,
    any_value(ends.labels) AS labels,
    COUNT(*) AS cycles,
    int64.clamp(MAX(known.least_ns::HUGEINT - ends.most_ns)) AS least_ns,
    int64.clamp(MIN(known.most_ns::HUGEINT - ends.least_ns)) AS most_ns,
    any_value(ends.clock_offset_ns) AS clock_offset_ns
  FROM (FROM by_steps UNION FROM by_wall) AS tried
  JOIN ends USING (trace_id)
  JOIN known ON known.run = tried.run AND known.cycle = tried.first_cycle + ends.cycle_index
  GROUP BY ends.trace_id, known.run, known.is_log, tried.first_cycle
)
SELECT trace_id, labels, run, is_log, int64.clamp(first_cycle), cycles, least_ns, most_ns
FROM fitted
WHERE least_ns <= most_ns
  AND CASE
    WHEN is_log OR clock_offset_ns IS NULL THEN cycles > 2
    -- Both are wall time: they may differ by what the clock was set meanwhile.
    ELSE clock_offset_ns BETWEEN least_ns::HUGEINT - 1_000_000 AND most_ns::HUGEINT + 1_000_000
  END
QUALIFY row_number() OVER (PARTITION BY trace_id ORDER BY is_log, cycles DESC) = 1
  AND COUNT(*) OVER (PARTITION BY trace_id, is_log, cycles) = 1
