-- One row per process of a file with the runtime's metrics: which run had as many cycles at their time.
--
-- key: source_id, process
CREATE VIEW clock._metrics (
  -- The file.
  source_id,
  -- The process, as in `process`.
  process,
  -- When its first moment was, nanoseconds since 1970; NULL without a time.
  taken_ns,
  -- The run, as in `clock.cycle`; NULL when none of its labels had that count then.
  run,
  -- Moments at which it had.
  cycles
) AS
WITH counted AS (
  SELECT
    source_id,
    process,
    int64.clamp(epoch_us(taken_at)::HUGEINT * 1000) AS taken_ns,
    value_integer AS cycle
  FROM runtime_metric
  WHERE metric = '/gc/cycles/total:gc-cycles'
),
ends AS (
  SELECT
    runs.owner,
    cycles.run,
    cycles.cycle,
    cycles.ended_ns,
    coalesce(lead(cycles.ended_ns) OVER (PARTITION BY cycles.run ORDER BY cycles.cycle), 9223372036854775807) AS next_ns
  FROM clock.cycle AS cycles
  JOIN clock._run AS runs USING (run)
),
fitting AS (
  SELECT counted.source_id, counted.process, ends.run, COUNT(*) AS cycles
  FROM counted
  JOIN clock._member AS members USING (source_id, process)
  -- The time is one of microseconds: a cycle that ended within it may be counted.
  JOIN ends
    ON ends.owner = members.owner
    AND ends.cycle = counted.cycle
    AND counted.taken_ns BETWEEN ends.ended_ns::HUGEINT - 1_000 AND ends.next_ns
  GROUP BY counted.source_id, counted.process, ends.run
),
best AS (
  FROM fitting QUALIFY row_number() OVER (PARTITION BY source_id, process ORDER BY cycles DESC, run) = 1
)
SELECT
  counted.source_id,
  counted.process,
  MIN(counted.taken_ns),
  any_value(best.run),
  coalesce(any_value(best.cycles), 0)
FROM counted
LEFT JOIN best USING (source_id, process)
GROUP BY counted.source_id, counted.process
