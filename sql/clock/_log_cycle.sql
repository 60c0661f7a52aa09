-- One row per cycle of a log, all parts of it together: when it ended by the log's own time, as exactly as it is printed.
--
-- Every figure is cut off: the start to milliseconds, each phase below 10 ms to two digits and no less than a microsecond.
--
-- key: source_id, process, cycle
CREATE VIEW clock._log_cycle (
  -- The log; of one in parts the first of them, as in `clock._log_part`.
  source_id,
  -- The process in it, as in `process`.
  process,
  -- Number of the cycle.
  cycle,
  -- Earliest end since the start of the process.
  least_ns,
  -- Latest end.
  most_ns,
  -- Both pauses, as printed.
  pause_ns,
  -- What is cut off from them at most.
  pause_error_ns
) AS
WITH printed AS (
  SELECT
    parts.log_source_id AS source_id,
    parts.log_process AS process,
    cycle,
    int64.clamp(start_ns::HUGEINT + sweep_termination_ns + mark_ns + mark_termination_ns) AS least_ns,
    int64.clamp(sweep_termination_ns::HUGEINT + mark_termination_ns) AS pause_ns,
    [
      CASE
        WHEN ns < 100_000 THEN 1_000 WHEN ns < 1_000_000 THEN 10_000 WHEN ns < 10_000_000 THEN 100_000 ELSE 1_000_000
      END
      FOR ns IN [sweep_termination_ns, mark_termination_ns, mark_ns]
    ] AS units
  FROM gctrace_cycle
  JOIN clock._log_part AS parts USING (source_id, process)
  WHERE cycle >= parts.first_cycle
)
SELECT
  source_id,
  process,
  cycle,
  least_ns,
  int64.clamp(least_ns::HUGEINT + 1_000_000 + units[1] + units[2] + units[3]),
  pause_ns,
  units[1] + units[2]
FROM printed
