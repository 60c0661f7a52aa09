-- One row per size class that holds most live bytes in the process that holds most of all: what `heapscape plot size-classes` draws.
--
-- Small classes come first, large objects last.
--
-- key: size_class
-- column source: `profile` or `memstats`.
-- column source_id: The file.
-- column process: The process in it, as in `process`; 0 for a profile.
-- column series_id: The series; NULL for MemStats.
-- column service: From labels; NULL without one.
-- column instance: From labels; NULL without one.
-- column build: From labels; NULL without one.
-- column taken_at: When it was, UTC; NULL when the file does not say.
-- column size_class: From 1; 0 for large objects, which have spans of their own.
-- column object_bytes: Bytes of a slot; NULL for large objects.
-- column alloc_objects: Objects allocated since the start.
-- column alloc_bytes: Bytes of their slots.
-- column inuse_objects: Objects that are live, in MemStats those not yet swept.
-- column inuse_bytes: Bytes of those.
-- column waste_bytes: Of the bytes allocated, those that rounding up wasted where a constant size is known; NULL where none is.
-- column most_waste_bytes: The most that rounding up can have wasted; NULL for large objects.
-- column least_refills: Spans that procs had to get, at least: one for each that the objects fill; large objects have one each.
CREATE MACRO alloc.largest_process(
  -- Of this service alone.
  of_service := NULL,
  -- Of this instance alone.
  of_instance := NULL,
  -- Of this build alone.
  of_build := NULL,
  -- So many classes.
  most := 20
) AS TABLE
WITH wanted AS (
  FROM alloc.size_class
  WHERE (of_service IS NULL OR service = of_service)
    AND (of_instance IS NULL OR instance = of_instance)
    AND (of_build IS NULL OR build = of_build)
),
largest AS (
  SELECT source, source_id, process, series_id
  FROM wanted
  GROUP BY ALL
  ORDER BY int64.clamp(SUM(inuse_bytes)) DESC, source, source_id, process, series_id
  LIMIT 1
),
classes AS (
  SELECT wanted.*
  FROM wanted
  SEMI JOIN largest
    ON (wanted.source, wanted.source_id, wanted.process) = (largest.source, largest.source_id, largest.process)
    AND wanted.series_id IS NOT DISTINCT FROM largest.series_id
  WHERE inuse_bytes > 0
  ORDER BY inuse_bytes DESC, size_class
  LIMIT most
)
SELECT
  source,
  source_id,
  process,
  series_id,
  service,
  instance,
  build,
  taken_at,
  size_class,
  object_bytes,
  alloc_objects,
  alloc_bytes,
  inuse_objects,
  inuse_bytes,
  waste_bytes,
  most_waste_bytes,
  least_refills
FROM classes
-- Large objects are of no class, and larger than all that are.
ORDER BY size_class = 0, size_class
