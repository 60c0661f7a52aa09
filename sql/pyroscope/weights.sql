-- One row per profile that makes up what some series measured in a range of time: how often it counts.
--
-- Of states the last of each series counts; of totals the last of each series, less the one before the range; amounts all do.
--
-- key: profile_id
-- column profile_id: The profile.
-- column times: 1, or -1 for what is taken away.
CREATE MACRO pyroscope.weights(
  -- Which series count, a list.
  series_ids,
  -- What was measured: inuse_space, cpu.
  wanted_type,
  -- When the range begins, in milliseconds since 1970.
  begin_ms,
  -- When it ends, itself included.
  end_ms,
  -- Only the profiles with these hashes; all when NULL.
  profile_hashes := NULL
) AS TABLE
WITH within AS (
  SELECT *
  FROM pyroscope.profiles
  WHERE series_id IN (SELECT unnest(series_ids::INTEGER[]))
    AND sample_type = wanted_type
    AND time_ms BETWEEN begin_ms AND end_ms
    AND (
      profile_hashes IS NULL
      OR profile_id IN (SELECT profile_id FROM profile WHERE list_contains(profile_hashes, profile_hash))
    )
),
counted AS (
  SELECT profile_id, 1 AS times FROM within WHERE taking = 'amount'
  UNION ALL
  SELECT arg_max(profile_id, place), 1 FROM within WHERE taking = 'state' GROUP BY series_hash
  UNION ALL
  SELECT arg_max(profile_id, place), 1 FROM within WHERE taking = 'total' GROUP BY series_id
  UNION ALL
  SELECT arg_min(coalesce(previous_profile_id, profile_id), place), -1
  FROM within
  WHERE taking = 'total'
  GROUP BY series_id
)
SELECT profile_id, int64.clamp(SUM(times))::INTEGER AS times
FROM counted
GROUP BY profile_id
HAVING SUM(times) <> 0
ORDER BY profile_id
