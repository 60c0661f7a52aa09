-- One row per series of heap profiles and leaf location: which object sizes were seen there.
--
-- Stacks without locations are left out.
--
-- key: series_id, location_id
-- staged: by series_id
CREATE VIEW attribution._leaf (
  -- The series.
  series_id,
  -- Leaf location of its stacks.
  location_id,
  -- Object sizes seen in the series, but for those of less than a hundredth of its bytes: under any call the runtime
  -- allocates for itself at times.
  object_bytes
) AS
WITH seen AS (
  SELECT heaps.series_id, stack_id, label_set_id, int64.clamp(SUM(greatest(sample.value, 0))) AS bytes
  FROM heap.profiles AS heaps
  JOIN main.sample_value AS sample USING (profile_id)
  WHERE sample.sample_type IN ('inuse_space', 'alloc_space')
  GROUP BY heaps.series_id, stack_id, label_set_id
),
sizes AS (
  SELECT
    seen.series_id,
    stack.location_ids[1] AS location_id,
    list_filter(label_set.labels, lambda l: l.key = 'bytes')[1].num AS object_bytes,
    int64.clamp(SUM(seen.bytes)) AS bytes
  FROM seen
  JOIN stack USING (stack_id)
  JOIN label_set USING (label_set_id)
  WHERE len(stack.location_ids) > 0
  GROUP BY ALL
),
used AS (
  SELECT
    series_id,
    location_id,
    list({object_bytes: object_bytes, bytes: bytes}) AS sizes,
    int64.clamp(SUM(bytes)) AS all_bytes
  FROM sizes
  GROUP BY series_id, location_id
)
SELECT
  series_id,
  location_id,
  list_sort([
    size.object_bytes
    for size in sizes
    if size.object_bytes IS NOT NULL AND size.bytes::HUGEINT * 100 >= all_bytes
  ])
FROM used
