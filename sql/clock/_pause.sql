-- One row per cycle of a run whose end MemStats tell: the same end in several files is one.
--
-- key: run, cycle
CREATE VIEW clock._pause (
  -- The run, as in `clock._memstats`.
  run,
  -- As in `clock._member`.
  owner,
  -- Number of the cycle.
  cycle,
  -- When its last pause ended, nanoseconds since 1970.
  ended_ns,
  -- All its pauses.
  pause_ns,
  -- The file that tells of it, the first of several.
  source_id,
  -- The process in it.
  process
) AS
SELECT
  members.run,
  any_value(members.owner),
  pauses.cycle,
  MIN(pauses.ended_ns),
  MIN(pauses.pause_ns),
  MIN(source_id),
  arg_min(process, source_id)
FROM memstats_pause AS pauses
JOIN clock._memstats AS members USING (source_id, process)
WHERE pauses.ended_ns IS NOT NULL
GROUP BY members.run, pauses.cycle
