-- One row per process of a log that is the run of some MemStats: by its cycles, which have the same numbers, ends and pauses.
--
-- What to add to the log's times for wall time lies, for each cycle, between two bounds as far apart as what is cut off in
-- print. It is the same for all, so that their narrowest bounds count; where there is none that fits all, or the
-- pauses of more than a fifth of the cycles differ by over 50 µs from those that MemStats tell, it is another process.
--
-- key: source_id, process
-- stored: by labels
CREATE VIEW clock._log_tie (
  -- The log; of one in parts the first of them, as in `clock._log_part`.
  source_id,
  -- The process in it, as in `process`.
  process,
  -- All labels given to the source.
  labels,
  -- The run, as in `clock._pause`.
  run,
  -- Cycles that both tell of, two at least.
  cycles,
  -- What to add to its times for nanoseconds since 1970, at least.
  least_ns,
  -- At most.
  most_ns
) AS
WITH logs AS (
  SELECT log.*, members.labels, members.owner
  FROM clock._log_cycle AS log
  JOIN clock._member AS members USING (source_id, process)
),
-- Of many processes with the same labels the few that have most cycles as long after the one before are looked at, in buckets
-- of 4 ms, which is what is cut off at most: to hold each against each takes the square of them.
log_steps AS (
  SELECT
    source_id,
    process,
    owner,
    cycle,
    int64.clamp(least_ns::HUGEINT - LAG(least_ns) OVER log) // 4_000_000 AS bucket
  FROM logs
  WINDOW log AS (PARTITION BY source_id, process ORDER BY cycle)
  QUALIFY LAG(cycle) OVER log = cycle::HUGEINT - 1
),
run_steps AS (
  SELECT owner, run, cycle, int64.clamp(ended_ns::HUGEINT - LAG(ended_ns) OVER run) // 4_000_000 AS bucket
  FROM clock._pause
  WINDOW run AS (PARTITION BY run ORDER BY cycle)
  QUALIFY LAG(cycle) OVER run = cycle::HUGEINT - 1
),
alike AS (
  SELECT steps.source_id, steps.process, run_steps.run
  FROM (SELECT * REPLACE (unnest([bucket - 1, bucket, bucket + 1]) AS bucket) FROM log_steps) AS steps
  JOIN run_steps USING (owner, cycle, bucket)
  GROUP BY steps.source_id, steps.process, run_steps.run
  QUALIFY row_number() OVER (PARTITION BY steps.source_id, steps.process ORDER BY COUNT(*) DESC, run_steps.run) <= 8
)
SELECT
  log.source_id,
  log.process,
  any_value(log.labels),
  pauses.run,
  COUNT(*) AS cycles,
  MAX(int64.clamp(pauses.ended_ns::HUGEINT - log.most_ns)) AS least_ns,
  MIN(int64.clamp(pauses.ended_ns::HUGEINT - log.least_ns)) AS most_ns
FROM alike
JOIN logs AS log USING (source_id, process)
JOIN clock._pause AS pauses ON pauses.run = alike.run AND pauses.cycle = log.cycle
GROUP BY log.source_id, log.process, pauses.run
HAVING COUNT(*) > 1
  AND least_ns <= most_ns
  AND COUNT(*) FILTER (
    pauses.pause_ns::HUGEINT - log.pause_ns NOT BETWEEN -50_000 AND log.pause_error_ns + 50_000
  ) * 5 <= COUNT(*)
QUALIFY row_number() OVER (PARTITION BY log.source_id, log.process ORDER BY COUNT(*) DESC, pauses.run) = 1
