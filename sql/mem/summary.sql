-- One row per process of MemStats or metrics: its memory at the last moment, how it came there, and what is left.
--
-- All files that are known to tell of a process are taken together (`mem.accounting`).
--
-- key: source, source_id, process
CREATE VIEW mem.summary (
  -- `memstats` or `metrics`.
  source,
  -- The file with the last moment.
  source_id,
  -- The process, as in `process`.
  process,
  -- Where the file was found first.
  uri,
  -- Files that tell of it.
  files,
  -- What tells it apart from other processes of a file, as in `process`; empty where nothing does.
  prefix,
  -- From labels; NULL without one.
  service,
  -- From labels; NULL without one.
  instance,
  -- From labels; NULL without one.
  build,
  -- Moments that are told of.
  moments,
  -- The first moment, UTC; NULL where none has a time.
  first_at,
  -- The last moment, UTC; NULL where none has a time.
  last_at,
  -- What counted against a limit at the first moment.
  first_used_bytes,
  -- What does at the last one: all but what was given back.
  used_bytes,
  -- Of it, objects.
  objects_bytes,
  -- Of it, free slots of spans in use.
  unused_bytes,
  -- Of it, heap without objects.
  free_bytes,
  -- Of it, stacks.
  stack_bytes,
  -- Of it, the runtime's own.
  metadata_bytes,
  -- Of it, anything else.
  other_bytes,
  -- Given back to the system; it does not count.
  released_bytes,
  -- The heap goal.
  goal_bytes,
  -- `GOMEMLIMIT` or `label`, as in `mem.headroom`; NULL without a limit.
  limit_from,
  -- The limit; NULL without one.
  limit_bytes,
  -- What is left of it; NULL without one.
  headroom_bytes,
  -- How used memory grew, by ordinary least squares; NULL without two moments that have a time.
  slope_bytes_per_s,
  -- Until the limit is reached at this slope; NULL where it is not.
  seconds_left
) AS
WITH moments AS (
  SELECT
    *,
    epoch(taken_at) AS taken_s,
    row_number() OVER process AS place
  FROM mem.accounting
  WINDOW process AS (PARTITION BY source, run ORDER BY taken_at NULLS FIRST, source_id, position)
),
lines AS (
  SELECT
    source,
    run,
    COUNT(DISTINCT source_id) AS files,
    COUNT(*) AS moments,
    MIN(taken_at) AS first_at,
    MAX(taken_at) AS last_at,
    arg_min(used_bytes, place) AS first_used_bytes,
    MAX(place) AS last_place,
    CASE WHEN MAX(taken_s) > MIN(taken_s) THEN regr_slope(used_bytes, taken_s) END AS slope_bytes_per_s
  FROM moments
  GROUP BY source, run
)
SELECT
  lines.source,
  latest.source_id,
  latest.process,
  files.uri,
  lines.files,
  processes.prefix,
  latest.service,
  latest.instance,
  processes.build,
  lines.moments,
  lines.first_at,
  lines.last_at,
  lines.first_used_bytes,
  latest.used_bytes,
  latest.objects_bytes,
  latest.unused_bytes,
  latest.free_bytes,
  latest.stack_bytes,
  latest.metadata_bytes,
  latest.other_bytes,
  latest.released_bytes,
  latest.goal_bytes,
  headroom.limit_from,
  headroom.limit_bytes,
  headroom.headroom_bytes,
  lines.slope_bytes_per_s,
  headroom.seconds_left
FROM lines
JOIN moments AS latest
  ON latest.source = lines.source
  AND latest.run = lines.run
  AND latest.place = lines.last_place
LEFT JOIN source AS files ON files.source_id = latest.source_id
LEFT JOIN process AS processes
  ON processes.source_id = latest.source_id AND processes.process = latest.process
LEFT JOIN mem.headroom AS headroom
  ON headroom.run = lines.run
