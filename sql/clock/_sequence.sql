-- One row per cycle of a run whose end is told with its number: by MemStats, or by a log that is no run of MemStats.
--
-- key: run, cycle
CREATE VIEW clock._sequence (
  -- The run, as in `clock._pause`; of a log that no MemStats tie to, the log and the process in it.
  run,
  -- As in `clock._member`.
  owner,
  -- Whether times are those of a log, since the start of the process, and not since 1970.
  is_log,
  -- Number of the cycle.
  cycle,
  -- Its end, at the earliest.
  least_ns,
  -- At the latest.
  most_ns
) AS
SELECT run, owner, FALSE, cycle, ended_ns, ended_ns
FROM clock._pause
UNION ALL
SELECT concat(log.source_id, '.', log.process), members.owner, TRUE, log.cycle, log.least_ns, log.most_ns
FROM clock._log_cycle AS log
JOIN clock._member AS members USING (source_id, process)
ANTI JOIN clock._log_tie AS ties USING (source_id, process)
