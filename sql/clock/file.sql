-- One row per file with a place on the clock, and process in it: which process that was, and what its times are in wall time.
--
-- A run is one process of a program, over all files that tell of it. `run_by` says how a file is known to be of its run, and
-- `found_by` how its times are; nothing else is joined. Clocks are those of the process's machine.
--
-- key: source, source_id, process
-- stored: by labels
CREATE VIEW clock.file (
  -- `memstats`, `metrics`, `gctrace`, `trace` or `profile`.
  source,
  -- The file.
  source_id,
  -- The process in it, as in `process`; 0 for a trace and a profile.
  process,
  -- All labels given to the file.
  labels,
  -- The run: its first file and the process in it, `12.0`. NULL where nothing says.
  run,
  -- `pauses` (MemStats that tell of the same pauses to the nanosecond), `cycles` (the same numbers of cycles with ends that
  -- fit, of a log pauses too; of parts of a log the same lines; of a trace the same distances between them; of metrics the count of cycles at their time),
  -- `stamps` (parts of a log whose stamps put their start within two seconds of each other) and `parts` (without stamps, of
  -- all parts of a log with such names the only one that goes on with the next cycles), both as in `clock._log_part`,
  -- `file` (MemStats in the same file), `labels` (only that it has the labels of the run that began last: a guess),
  -- `alone` (no other file is known to be of it); NULL without a run.
  run_by,
  -- Cycles by which it is known; NULL where it is known otherwise.
  run_cycles,
  -- What to add to the file's own times for nanoseconds since 1970; 0 where they are wall time; NULL when it is not known.
  offset_ns,
  -- `wall` (its times are wall time), `cycles` (ends of cycles that MemStats or a log tell as well), `trace` (the clock of a
  -- trace of the same run), `snapshot` (a trace's own), `stamp` (the time in front of a line); NULL when it is not known.
  found_by,
  -- How far from the truth the offset is at most: half of what is cut off in print, what a trace's snapshots differ by. NULL
  -- for a stamp, which is late by as long as the line was on its way, and when it is not known.
  error_ns
) AS
SELECT
  source,
  source_id,
  process,
  labels,
  coalesce(run, guessed_run, CASE WHEN source = 'trace' THEN concat(source_id, '.', process) END),
  coalesce(run_by, CASE WHEN guessed_run IS NOT NULL THEN 'labels' WHEN source = 'trace' THEN 'alone' END),
  run_cycles,
  offset_ns,
  found_by,
  error_ns
FROM clock._told AS told
-- Of the runs with the same labels the one that began last; for what has no time, of all.
ASOF LEFT JOIN (SELECT owner, run AS guessed_run, first_ns FROM clock._run) AS runs
  ON runs.owner = told.owner AND runs.first_ns <= coalesce(told.taken_ns, 9223372036854775807)
