-- One row per heap profile, with its place in its series.
--
-- Any profile with an inuse_space counts: of kind heap, or allocs, which holds the same data. One that covers an
-- interval (`heap?seconds=30`) holds a difference already, and is left out.
--
-- key: profile_id
-- stored: by series_id
CREATE VIEW heap.profiles (
  -- The profile.
  profile_id,
  -- The series it belongs to.
  series_id,
  -- Place in the series, from 0, in time order.
  position,
  -- The profile before it in the series; NULL for the first.
  previous_profile_id,
  -- When it was taken, UTC.
  taken_at,
  -- Seconds since the series began.
  elapsed_s,
  -- Live bytes in all.
  inuse_bytes,
  -- Bytes allocated since the process started, or the profile's interval.
  alloc_bytes
) AS
WITH totals AS (
  SELECT
    profile_id,
    MAX(value) FILTER (sample_type = 'inuse_space') AS inuse_bytes,
    MAX(value) FILTER (sample_type = 'alloc_space') AS alloc_bytes
  FROM profile_total
  GROUP BY profile_id
),
heaps AS (
  SELECT DISTINCT profile_id
  FROM profile_sample_type
  JOIN profile USING (profile_id)
  WHERE profile_sample_type.sample_type = 'inuse_space' AND profile.duration_ns = 0
)
SELECT
  profile_id,
  profile.series_id,
  (row_number() OVER series - 1)::INTEGER,
  LAG(profile_id) OVER series,
  profile.taken_at,
  (profile.time_ns::HUGEINT - FIRST_VALUE(profile.time_ns) OVER series) / 1e9,
  coalesce(totals.inuse_bytes, 0),
  coalesce(totals.alloc_bytes, 0)
FROM heaps
JOIN profile USING (profile_id)
LEFT JOIN totals USING (profile_id)
WINDOW series AS (PARTITION BY profile.series_id ORDER BY profile.time_ns, profile_id)
