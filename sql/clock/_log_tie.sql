-- One row per process of a log that is the run of some MemStats: by its cycles, which have the same numbers, ends and pauses.
--
-- What to add to the log's times for wall time lies, for each cycle, between two bounds as far apart as what is cut off in
-- print. It is the same for all, so that their narrowest bounds count; where there is none that fits all, or the
-- pauses of more than a fifth of the cycles differ by over 50 µs from those that MemStats tell, it is another process.
--
-- key: source_id, process
-- stored: by labels
CREATE VIEW clock._log_tie (
  -- The log.
  source_id,
  -- The process, as in `process`.
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
SELECT
  members.source_id,
  members.process,
  any_value(members.labels),
  pauses.run,
  COUNT(*) AS cycles,
  MAX(int64.clamp(pauses.ended_ns::HUGEINT - log.most_ns)) AS least_ns,
  MIN(int64.clamp(pauses.ended_ns::HUGEINT - log.least_ns)) AS most_ns
FROM clock._log_cycle AS log
JOIN clock._member AS members USING (source_id, process)
JOIN clock._pause AS pauses ON pauses.owner = members.owner AND pauses.cycle = log.cycle
GROUP BY members.source_id, members.process, pauses.run
HAVING COUNT(*) > 1
  AND least_ns <= most_ns
  AND COUNT(*) FILTER (
    pauses.pause_ns::HUGEINT - log.pause_ns NOT BETWEEN -50_000 AND log.pause_error_ns + 50_000
  ) * 5 <= COUNT(*)
QUALIFY row_number() OVER (PARTITION BY members.source_id, members.process ORDER BY COUNT(*) DESC, pauses.run) = 1
