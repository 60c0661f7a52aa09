-- One row per process and size class: objects, bytes, what rounding up wastes, and spans that had to be got.
--
-- From the last profile of each series of heap profiles (`profile`), scaled up from what was sampled, and from the last moment that
-- MemStats.BySize of each process tells (`memstats`), exact, which ends at 18,432 bytes and counts a block of tiny objects
-- once. Everything since the start of the process.
--
-- key: source, source_id, process, size_class
CREATE VIEW alloc.size_class (
  -- `profile` or `memstats`.
  source,
  -- The file.
  source_id,
  -- The process in it, as in `process`; 0 for a profile.
  process,
  -- The series; NULL for MemStats.
  series_id,
  -- From labels; NULL without one.
  service,
  -- From labels; NULL without one.
  instance,
  -- From labels; NULL without one.
  build,
  -- When it was, UTC; NULL when the file does not say.
  taken_at,
  -- From 1; 0 for large objects, which have spans of their own.
  size_class,
  -- Bytes of a slot; NULL for large objects.
  object_bytes,
  -- Objects allocated since the start.
  alloc_objects,
  -- Bytes of their slots.
  alloc_bytes,
  -- Objects that are live, in MemStats those not yet swept.
  inuse_objects,
  -- Bytes of those.
  inuse_bytes,
  -- Of the bytes allocated, those that rounding up wasted where a constant size is known; NULL where none is.
  waste_bytes,
  -- The most that rounding up can have wasted; NULL for large objects.
  most_waste_bytes,
  -- Spans that procs had to get, at least: one for each that the objects fill; large objects have one each.
  least_refills
) AS
WITH moments AS (
  SELECT source_id, process, MAX(position) AS position
  FROM memstats
  WHERE (source_id, position) IN (SELECT source_id, position FROM memstats_size_class)
  GROUP BY source_id, process
)
SELECT
  'profile',
  profile.source_id,
  0,
  sites.series_id,
  any_value(series.service),
  any_value(series.instance),
  any_value(series.build),
  any_value(series.last_at),
  sites.size_class,
  any_value(sites.object_bytes),
  int64.clamp(SUM(sites.alloc_objects)),
  int64.clamp(SUM(sites.alloc_bytes)),
  int64.clamp(SUM(sites.inuse_objects)),
  int64.clamp(SUM(sites.inuse_bytes)),
  int64.clamp(SUM(sites.waste_bytes)),
  int64.clamp(SUM(sites.most_waste_bytes)),
  int64.clamp(SUM(sites.alloc_objects)) // coalesce(any_value(classes.slots), 1)
FROM alloc.size_class_by_site AS sites
JOIN heap.series AS series USING (series_id)
JOIN profile ON profile.profile_id = series.last_profile_id
LEFT JOIN alloc._size_class AS classes ON classes.size_class = sites.size_class
GROUP BY profile.source_id, sites.series_id, sites.size_class
UNION ALL
SELECT
  'memstats',
  memstats.source_id,
  memstats.process,
  NULL,
  process.service,
  process.instance,
  process.build,
  memstats.taken_at,
  classes.size_class,
  classes.object_bytes,
  sizes.mallocs,
  int64.clamp(sizes.mallocs::HUGEINT * classes.object_bytes),
  int64.clamp(sizes.mallocs::HUGEINT - sizes.frees),
  int64.clamp((sizes.mallocs::HUGEINT - sizes.frees) * classes.object_bytes),
  NULL,
  int64.clamp(sizes.mallocs::HUGEINT * (classes.object_bytes - classes.least_bytes)),
  sizes.mallocs // classes.slots
FROM moments
JOIN memstats USING (source_id, process, position)
JOIN memstats_size_class AS sizes USING (source_id, position)
JOIN alloc._size_class AS classes ON classes.object_bytes = sizes.size_bytes
LEFT JOIN process ON process.source_id = memstats.source_id AND process.process = memstats.process
WHERE sizes.mallocs <> 0
