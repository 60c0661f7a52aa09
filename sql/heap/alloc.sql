-- One row per heap or allocs profile and stack: what was ever allocated.
--
-- key: profile_id, stack_id
CREATE VIEW heap.alloc (
  -- The profile.
  profile_id,
  -- Call stack of the allocation.
  stack_id,
  -- Bytes allocated, scaled up from what was sampled.
  alloc_bytes,
  -- Objects allocated, scaled up from what was sampled.
  alloc_objects
) AS
SELECT
  profile_id,
  stack_id,
  int64.clamp(coalesce(SUM(value) FILTER (sample_type = 'alloc_space'), 0)),
  int64.clamp(coalesce(SUM(value) FILTER (sample_type = 'alloc_objects'), 0))
FROM main.sample_value AS sample
WHERE sample_type IN ('alloc_space', 'alloc_objects')
GROUP BY profile_id, stack_id
