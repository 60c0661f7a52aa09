-- One row per profile and sample type: how its values count in a range of time.
--
-- A state (live heap, goroutines) is what there was at one moment, and is never added up over time. A total has grown since the
-- process began (allocations, contentions), and what fell into a range is its last less the one before its first. An amount (CPU
-- time, and every profile over some seconds) is added up. Live heap over some seconds is a difference of states, and not here.
--
-- key: profile_id, sample_type
CREATE VIEW pyroscope.profiles (
  -- The profile.
  profile_id,
  -- What was measured, as in `sample`.
  sample_type,
  -- Profiles of one kind and program with the same labels, between two restarts.
  series_id,
  -- The same across restarts.
  series_hash,
  -- When it was taken, milliseconds since 1970.
  time_ms,
  -- Place in time among all profiles of the sample type, from 1.
  place,
  -- `state`, `total` or `amount`.
  taking,
  -- Of a total, the profile before it in the series; NULL for the first, of which nobody knows since when.
  previous_profile_id
) AS
WITH taken AS (
  SELECT
    profile.profile_id,
    profile.profile_hash,
    types.sample_type,
    profile.series_id,
    profile.series_hash,
    profile.time_ns,
    CASE
      WHEN profile.kind IN ('heap', 'allocs') AND starts_with(types.sample_type, 'inuse_')
        THEN CASE WHEN profile.duration_ns = 0 THEN 'state' END
      WHEN profile.kind IN ('cpu', 'trace') OR profile.duration_ns > 0 THEN 'amount'
      WHEN profile.kind IN ('heap', 'allocs', 'mutex', 'block') THEN 'total'
      ELSE 'state'
    END AS taking
  FROM profile
  JOIN profile_sample_type AS types USING (profile_id)
)
SELECT
  profile_id,
  sample_type,
  series_id,
  series_hash,
  time_ns // 1000000,
  row_number() OVER (PARTITION BY sample_type ORDER BY time_ns, profile_hash, profile_id),
  taking,
  CASE
    WHEN taking = 'total'
      THEN LAG(profile_id) OVER (PARTITION BY series_id, sample_type, taking ORDER BY time_ns, profile_id)
  END
FROM taken
WHERE taking IS NOT NULL
