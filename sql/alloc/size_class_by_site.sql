-- One row per series of heap profiles, allocation site and size class: what of it was allocated up to the last profile, and is live.
--
-- What rounding up wastes is known where the compiler's report gives a constant size, and bounded elsewhere: an object takes
-- a class because it is larger than the class below.
--
-- key: series_id, function, file, line, size_class
CREATE VIEW alloc.size_class_by_site (
  -- The series.
  series_id,
  -- The function that allocates, what was inlined into it included.
  function,
  -- Its file; NULL without one.
  file,
  -- The line that allocates; NULL when unknown.
  line,
  -- From 1; 0 for large objects, which have spans of their own.
  size_class,
  -- Bytes of a slot; NULL for large objects.
  object_bytes,
  -- Objects allocated since the start, scaled up from what was sampled.
  alloc_objects,
  -- Bytes allocated.
  alloc_bytes,
  -- Live objects.
  inuse_objects,
  -- Live bytes.
  inuse_bytes,
  -- Of the bytes allocated, those that rounding up wasted; NULL where no constant size is known.
  waste_bytes,
  -- The most it can have been; NULL for large objects.
  most_waste_bytes,
  -- Spans that procs had to get for it, at least: one for each that it fills; a large object has one of its own.
  least_refills
) AS
WITH placed AS (
  SELECT
    sized.*,
    leaf.outer_function AS function,
    leaf.outer_file AS file,
    leaf.outer_line AS line,
    classes.object_bytes,
    classes.slots,
    classes.least_bytes,
    records.slot_bytes - records.constant_bytes AS waste
  FROM alloc._sized AS sized
  JOIN heap.series AS series USING (series_id)
  JOIN stack._leaf AS leaf USING (stack_id)
  LEFT JOIN alloc._size_class AS classes USING (size_class)
  LEFT JOIN attribution._allocation AS allocations
    ON allocations.series_id = sized.series_id AND allocations.stack_id = sized.stack_id
  LEFT JOIN attribution._record AS records
    -- NULL labels are labels too. A record of another class is not of these.
    ON records.escape_site_id = allocations.escape_site_id
    AND records.service IS NOT DISTINCT FROM series.service
    AND records.build IS NOT DISTINCT FROM series.build
    AND (records.slot_bytes = classes.object_bytes OR classes.object_bytes IS NULL AND records.slot_bytes > 32768)
)
SELECT
  series_id,
  function,
  file,
  line,
  size_class,
  any_value(object_bytes),
  int64.clamp(SUM(alloc_objects)),
  int64.clamp(SUM(alloc_bytes)),
  int64.clamp(SUM(inuse_objects)),
  int64.clamp(SUM(inuse_bytes)),
  int64.clamp(SUM(alloc_objects::HUGEINT * waste)),
  int64.clamp(SUM(alloc_objects::HUGEINT * (object_bytes - least_bytes))),
  int64.clamp(SUM(alloc_objects)) // coalesce(any_value(slots), 1)
FROM placed
GROUP BY series_id, function, file, line, size_class
