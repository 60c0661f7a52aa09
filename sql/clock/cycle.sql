-- One row per run and GC cycle whose number is told: when it ended, in wall time.
--
-- By MemStats (PauseEnd, to the nanosecond), or by a log that no MemStats tie to and whose place on the clock is known. A run is one process, as far as can be known
-- (`clock.file`). A trace does not number its cycles; `clock.trace_cycle` says which they are.
--
-- key: run, cycle
CREATE VIEW clock.cycle (
  -- The run: its first file and the process in it, `12.0`.
  run,
  -- Number of the cycle: MemStats.NumGC after it.
  cycle,
  -- `memstats` or `gctrace`.
  source,
  -- When its last pause ended, nanoseconds since 1970.
  ended_ns,
  -- How far from the truth that is at most; NULL when that is not known.
  error_ns
) AS
SELECT run, cycle, 'memstats', ended_ns, 0
FROM clock._pause
UNION ALL
SELECT
  logs.run,
  cycles.cycle,
  'gctrace',
  int64.clamp(
    (cycles.least_ns::HUGEINT + cycles.most_ns) // 2
    + (logs.least_ns::HUGEINT + coalesce(logs.most_ns, logs.least_ns)) // 2
  ),
  int64.clamp((cycles.most_ns::HUGEINT - cycles.least_ns + logs.most_ns - logs.least_ns + 1) // 2)
FROM clock._log AS logs
JOIN clock._log_cycle AS cycles USING (source_id, process)
WHERE logs.run_cycles = 0 AND logs.least_ns IS NOT NULL
