-- One row per heap profile and stack: live bytes gained since the profile before in its series.
--
-- A stack with no sample holds zero bytes there, so a stack that vanishes shrinks to zero. The first profile of
-- a series has no row. A stack that neither gained nor lost has no row.
--
-- key: profile_id, stack_id
CREATE VIEW heap.growth (
  -- The series.
  series_id,
  -- The later of the two profiles.
  profile_id,
  -- Call stack.
  stack_id,
  -- Live bytes now minus live bytes in the profile before; negative when memory was freed.
  growth_bytes,
  -- Live objects now minus live objects in the profile before.
  growth_objects
) AS
WITH changes AS (
  SELECT heaps.series_id, profile_id, live.stack_id, live.inuse_bytes, live.inuse_objects
  FROM heap.profiles AS heaps
  JOIN heap.inuse AS live USING (profile_id)
  WHERE heaps.previous_profile_id IS NOT NULL
  UNION ALL
  SELECT heaps.series_id, heaps.profile_id, live.stack_id, -live.inuse_bytes::HUGEINT, -live.inuse_objects::HUGEINT
  FROM heap.profiles AS heaps
  -- What was live before counts against now.
  JOIN heap.inuse AS live ON live.profile_id = heaps.previous_profile_id
)
SELECT series_id, profile_id, stack_id, int64.clamp(SUM(inuse_bytes)), int64.clamp(SUM(inuse_objects))
FROM changes
GROUP BY series_id, profile_id, stack_id
HAVING SUM(inuse_bytes) <> 0 OR SUM(inuse_objects) <> 0
