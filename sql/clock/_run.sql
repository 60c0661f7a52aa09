-- One row per run with numbered cycles and a place on the clock: whose it is, and when its first known cycle ended.
--
-- key: run
CREATE VIEW clock._run (
  -- The run, as in `clock.cycle`.
  run,
  -- As in `clock._member`.
  owner,
  -- End of its first known cycle, nanoseconds since 1970; for a log the start of the process.
  first_ns
) AS
SELECT run, any_value(owner), MIN(first_ns)
FROM clock._memstats
GROUP BY run
UNION ALL
SELECT run, owner, least_ns
FROM clock._log
WHERE run_cycles = 0 AND least_ns IS NOT NULL
