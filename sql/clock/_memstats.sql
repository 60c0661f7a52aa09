-- One row per process of a file whose MemStats tell when its cycles ended: which run it is of.
--
-- A run is one process, as far as can be known: equally labelled files whose cycles, in the order of their ends, have rising
-- numbers. Where those of one file fall apart that way, several processes have the same labels, and each process of a file
-- is a run of its own.
--
-- key: source_id, process
-- stored: by labels
CREATE VIEW clock._memstats (
  -- The file.
  source_id,
  -- The process, as in `process`.
  process,
  -- As in `clock._member`.
  owner,
  -- All labels given to the source.
  labels,
  -- The run: its first file and the process in it, `12.0`.
  run,
  -- End of the first cycle that the file tells of, nanoseconds since 1970.
  first_ns,
  -- Files of the run, this one included.
  files,
  -- Of its cycles those that another file of the run tells of as well, to the nanosecond.
  shared_cycles
) AS
WITH told AS (
  SELECT members.owner, members.labels, members.source_id, members.process, pauses.cycle, pauses.ended_ns
  FROM memstats_pause AS pauses
  JOIN clock._member AS members USING (source_id, process)
  WHERE pauses.ended_ns IS NOT NULL
),
ends AS (
  SELECT
    owner,
    cycle,
    ended_ns,
    files,
    coalesce(cycle <= lag(cycle) OVER (PARTITION BY owner ORDER BY ended_ns, cycle), TRUE) AS is_first
  FROM (SELECT owner, cycle, ended_ns, COUNT(*) AS files FROM told GROUP BY owner, cycle, ended_ns)
),
islands AS (
  SELECT
    owner,
    cycle,
    ended_ns,
    files,
    COUNT(*) FILTER (is_first) OVER (PARTITION BY owner ORDER BY ended_ns, cycle) AS island
  FROM ends
),
placed AS (
  SELECT
    told.owner,
    told.source_id,
    told.process,
    any_value(told.labels) AS labels,
    MIN(islands.island) AS island,
    MAX(islands.island) > MIN(islands.island) AS is_split,
    MIN(told.ended_ns) AS first_ns,
    COUNT(*) FILTER (islands.files > 1) AS shared_cycles
  FROM told
  JOIN islands USING (owner, cycle, ended_ns)
  GROUP BY told.owner, told.source_id, told.process
),
named AS (
  SELECT
    *,
    concat(source_id, '.', process) AS own,
    bool_or(is_split) OVER (PARTITION BY owner) AS is_mixed
  FROM placed
)
SELECT
  source_id,
  process,
  owner,
  labels,
  CASE WHEN is_mixed THEN own ELSE first_value(own) OVER run END,
  first_ns,
  CASE WHEN is_mixed THEN 1 ELSE COUNT(*) OVER (PARTITION BY owner, island) END,
  shared_cycles
FROM named
WINDOW run AS (PARTITION BY owner, island ORDER BY first_ns, source_id, process)
