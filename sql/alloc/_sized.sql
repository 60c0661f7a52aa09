-- One row per series of heap profiles, stack and size class in its last profile: what was allocated, and is live.
--
-- By the label `bytes`, which is the size of the slot.
--
-- key: series_id, stack_id, size_class
CREATE VIEW alloc._sized (
  -- The series.
  series_id,
  -- Call stack of the allocation.
  stack_id,
  -- From 1; 0 for large objects, which have spans of their own.
  size_class,
  -- Objects allocated since the start, scaled up from what was sampled.
  alloc_objects,
  -- Bytes allocated.
  alloc_bytes,
  -- Live objects.
  inuse_objects,
  -- Live bytes.
  inuse_bytes
) AS
WITH sizes AS (
  SELECT label_set_id, object_bytes
  FROM (
    SELECT
      label_set_id,
      list_extract(list_filter(labels, lambda one: one.key = 'bytes' AND one.num > 0), 1).num AS object_bytes
    FROM label_set
  )
  WHERE object_bytes IS NOT NULL
),
classed AS (
  SELECT
    sizes.label_set_id,
    CASE WHEN sizes.object_bytes > 32768 THEN 0 ELSE classes.size_class END AS size_class
  FROM sizes
  -- The smallest class that it fits into.
  ASOF LEFT JOIN alloc._size_class AS classes ON sizes.object_bytes <= classes.object_bytes
)
SELECT
  series.series_id,
  sample.stack_id,
  classed.size_class,
  int64.clamp(coalesce(SUM(sample.value) FILTER (sample.sample_type = 'alloc_objects'), 0)),
  int64.clamp(coalesce(SUM(sample.value) FILTER (sample.sample_type = 'alloc_space'), 0)),
  int64.clamp(coalesce(SUM(sample.value) FILTER (sample.sample_type = 'inuse_objects'), 0)),
  int64.clamp(coalesce(SUM(sample.value) FILTER (sample.sample_type = 'inuse_space'), 0))
FROM heap.series AS series
JOIN main.sample_value AS sample ON sample.profile_id = series.last_profile_id
JOIN classed USING (label_set_id)
WHERE sample.sample_type IN ('alloc_objects', 'alloc_space', 'inuse_objects', 'inuse_space')
GROUP BY series.series_id, sample.stack_id, classed.size_class
