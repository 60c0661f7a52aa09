-- One row per trace: its run, and what its times are in wall time.
--
-- key: trace_id
CREATE VIEW clock._trace (
  -- The trace.
  trace_id,
  -- Its file.
  source_id,
  -- As in `clock._member`.
  owner,
  -- Its run, as in `clock._sequence`; NULL when its cycles are of none.
  run,
  -- Cycles by which it is of that run; NULL without one.
  run_cycles,
  -- How its place on the clock is known, as in `clock.file`.
  found_by,
  -- Cycles by which its place on the clock is known; NULL where it is known otherwise.
  offset_cycles,
  -- What to add to its times for nanoseconds since 1970, at least; NULL when that is not known.
  least_ns,
  -- At most; NULL when that is not known.
  most_ns
) AS
WITH snapshots AS (
  SELECT
    trace_id,
    MIN(int64.clamp(wall_ns::HUGEINT - clock_ns)) AS least_ns,
    MAX(int64.clamp(wall_ns::HUGEINT - clock_ns)) AS most_ns
  FROM trace_generation
  WHERE wall_ns IS NOT NULL AND clock_ns IS NOT NULL
  GROUP BY trace_id
)
SELECT
  trace.trace_id,
  trace.source_id,
  members.owner,
  ties.run,
  ties.cycles,
  CASE
    WHEN snapshots.trace_id IS NOT NULL THEN 'snapshot'
    WHEN NOT ties.is_log OR logs.least_ns IS NOT NULL THEN 'cycles'
  END,
  CASE WHEN snapshots.trace_id IS NULL AND (NOT ties.is_log OR logs.least_ns IS NOT NULL) THEN ties.cycles END,
  coalesce(
    snapshots.least_ns,
    CASE WHEN ties.is_log THEN int64.clamp(ties.least_ns::HUGEINT + logs.least_ns) ELSE ties.least_ns END
  ),
  coalesce(
    snapshots.most_ns,
    CASE WHEN ties.is_log THEN int64.clamp(ties.most_ns::HUGEINT + logs.most_ns) ELSE ties.most_ns END
  )
FROM trace
JOIN clock._member AS members USING (trace_id)
LEFT JOIN snapshots USING (trace_id)
LEFT JOIN clock._trace_tie AS ties USING (trace_id)
LEFT JOIN clock._log AS logs ON ties.is_log AND logs.run = ties.run
