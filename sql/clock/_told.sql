-- One row per source of time, file and process in it: what is known of its run and its clock, before anything is guessed.
--
-- key: source, source_id, process
CREATE VIEW clock._told (
  -- What kind of source it is, as in `clock.file`.
  source,
  -- The file.
  source_id,
  -- The process in it.
  process,
  -- As in `clock._member`.
  owner,
  -- All labels given to the file.
  labels,
  -- When it was, nanoseconds since 1970; NULL when that is not known.
  taken_ns,
  -- The run; NULL when nothing but its labels may tell.
  run,
  -- How it is known to be of that run, as in `clock.file`.
  run_by,
  -- Cycles by which it is known to be, as in `clock.file`.
  run_cycles,
  -- What to add to its times, as in `clock.file`.
  offset_ns,
  -- How its place on the clock is known, as in `clock.file`.
  found_by,
  -- How sure that is, as in `clock.file`.
  error_ns
) AS
SELECT
  'memstats',
  source_id,
  process,
  members.owner,
  members.labels,
  int64.clamp(epoch_us(moments.taken_at)::HUGEINT * 1000),
  own.run,
  CASE WHEN own.shared_cycles > 0 THEN 'pauses' WHEN own.files > 1 THEN 'labels' WHEN own.files = 1 THEN 'alone' END,
  CASE WHEN own.shared_cycles > 0 THEN own.shared_cycles END,
  0,
  'wall',
  0
FROM (SELECT source_id, process, MIN(coalesce(taken_at, last_gc_at)) AS taken_at FROM memstats GROUP BY ALL) AS moments
JOIN clock._member AS members USING (source_id, process)
LEFT JOIN clock._memstats AS own USING (source_id, process)
UNION ALL
SELECT
  'metrics',
  source_id,
  process,
  members.owner,
  members.labels,
  coalesce(counted.taken_ns, int64.clamp(epoch_us(moments.taken_at)::HUGEINT * 1000)),
  counted.run,
  CASE WHEN counted.run IS NOT NULL THEN 'cycles' END,
  CASE WHEN counted.run IS NOT NULL THEN counted.cycles END,
  0,
  'wall',
  0
FROM (SELECT source_id, process, MIN(taken_at) AS taken_at FROM runtime_metric GROUP BY ALL) AS moments
JOIN clock._member AS members USING (source_id, process)
LEFT JOIN clock._metrics AS counted USING (source_id, process)
UNION ALL
SELECT
  'gctrace',
  parts.source_id,
  parts.process,
  logs.owner,
  parts.labels,
  least_ns,
  run,
  -- Of a run with the same labels its cycles would be, if it were of that.
  CASE WHEN run_cycles > 0 THEN 'cycles' ELSE coalesce(parts.found_by, 'alone') END,
  CASE WHEN run_cycles > 0 THEN run_cycles WHEN parts.found_by = 'cycles' THEN parts.shared_cycles END,
  int64.clamp((least_ns::HUGEINT + coalesce(most_ns, least_ns)) // 2),
  logs.found_by,
  int64.clamp((most_ns::HUGEINT - least_ns + 1) // 2)
FROM clock._log_part AS parts
JOIN clock._log AS logs ON logs.source_id = parts.log_source_id AND logs.process = parts.log_process
UNION ALL
SELECT
  'trace',
  clocks.source_id,
  0,
  clocks.owner,
  trace.labels,
  int64.clamp(trace.start_ns::HUGEINT + clocks.least_ns),
  clocks.run,
  CASE WHEN clocks.run IS NOT NULL THEN 'cycles' END,
  clocks.run_cycles,
  int64.clamp((clocks.least_ns::HUGEINT + coalesce(clocks.most_ns, clocks.least_ns)) // 2),
  clocks.found_by,
  int64.clamp((clocks.most_ns::HUGEINT - clocks.least_ns + 1) // 2)
FROM clock._trace AS clocks
JOIN trace USING (trace_id)
UNION ALL
SELECT
  'profile',
  profile.source_id,
  0,
  members.owner,
  members.labels,
  nullif(profile.time_ns, 0),
  own.run,
  CASE WHEN own.run IS NOT NULL THEN 'file' END,
  NULL,
  CASE WHEN profile.time_ns <> 0 THEN 0 END,
  CASE WHEN profile.time_ns <> 0 THEN 'wall' END,
  CASE WHEN profile.time_ns <> 0 THEN 0 END
FROM profile
JOIN clock._member AS members ON members.source_id = profile.source_id AND members.process = 0
LEFT JOIN clock._memstats AS own ON own.source_id = profile.source_id AND own.process = 0
WHERE profile.kind <> 'trace'
