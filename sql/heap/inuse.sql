-- One row per heap profile and stack: what is live.
--
-- key: profile_id, stack_id
CREATE VIEW heap.inuse (
  -- The profile.
  profile_id,
  -- Call stack of the allocation.
  stack_id,
  -- Live bytes, scaled up from what was sampled.
  inuse_bytes,
  -- Live objects, scaled up from what was sampled.
  inuse_objects
) AS
SELECT
  profile_id,
  stack_id,
  int64.clamp(coalesce(SUM(value) FILTER (sample_type = 'inuse_space'), 0)),
  int64.clamp(coalesce(SUM(value) FILTER (sample_type = 'inuse_objects'), 0))
FROM main.sample_value AS sample
WHERE sample_type IN ('inuse_space', 'inuse_objects')
GROUP BY profile_id, stack_id
