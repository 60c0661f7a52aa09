-- One row per process of a log with gctrace lines, all parts of it together: its run, and what its times are in wall time.
--
-- key: source_id, process
-- staged: by labels
CREATE VIEW clock._log (
  -- The log; of one in parts the first of them, as in `clock._log_part`.
  source_id,
  -- The process in it, as in `process`.
  process,
  -- As in `clock._member`.
  owner,
  -- Its run, as in `clock._sequence`.
  run,
  -- Cycles by which it is of a run of MemStats; 0 for none.
  run_cycles,
  -- How its place on the clock is known, as in `clock.file`.
  found_by,
  -- Cycles by which its place on the clock is known; NULL where it is known otherwise.
  offset_cycles,
  -- What to add to its times for nanoseconds since 1970, at least; NULL when that is not known.
  least_ns,
  -- At most; NULL when that is not known, as for a stamp.
  most_ns
) AS
WITH logs AS (
  SELECT
    log_source_id AS source_id,
    log_process AS process,
    -- None is too early, and each is late by as long as a line was on its way.
    MIN(processes.started_at) AS started_at,
    arg_min(processes.started_by, processes.started_at) AS started_by
  FROM clock._log_part
  JOIN process AS processes USING (source_id, process)
  GROUP BY log_source_id, log_process
),
by_trace AS (
  SELECT
    ties.run,
    arg_max(ties.cycles, ties.cycles) AS cycles,
    arg_max(int64.clamp(trace.clock_offset_ns::HUGEINT - ties.most_ns), ties.cycles) AS least_ns,
    arg_max(int64.clamp(trace.clock_offset_ns::HUGEINT - ties.least_ns), ties.cycles) AS most_ns
  FROM clock._trace_tie AS ties
  JOIN trace USING (trace_id)
  WHERE ties.is_log AND trace.clock_offset_ns IS NOT NULL
  GROUP BY ties.run
)
SELECT
  logs.source_id,
  logs.process,
  members.owner,
  coalesce(ties.run, concat(logs.source_id, '.', logs.process)),
  coalesce(ties.cycles, 0),
  CASE
    WHEN ties.run IS NOT NULL THEN 'cycles'
    WHEN by_trace.run IS NOT NULL THEN 'trace'
    WHEN logs.started_at IS NOT NULL THEN logs.started_by
  END,
  coalesce(ties.cycles, by_trace.cycles),
  coalesce(ties.least_ns, by_trace.least_ns, int64.clamp(epoch_us(logs.started_at)::HUGEINT * 1000)),
  coalesce(ties.most_ns, by_trace.most_ns)
FROM logs
JOIN clock._member AS members USING (source_id, process)
LEFT JOIN clock._log_tie AS ties USING (source_id, process)
LEFT JOIN by_trace ON by_trace.run = concat(logs.source_id, '.', logs.process)
