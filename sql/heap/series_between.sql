-- One row per series of heap profiles that has some in a span of time: what `heap.series` would say were there only those.
--
-- A profile that does not say when it was taken is in no span that has an end.
--
-- key: series_id
-- column series_id: Profiles of one kind and program with the same labels, between two restarts.
-- column kind: heap or allocs.
-- column service: From labels; NULL without one.
-- column instance: From labels; NULL without one.
-- column build: From labels; NULL without one.
-- column program: Path of the executable; NULL when the profiles do not say.
-- column main_package: Import path of its main package, as the executable says that was given; NULL without one.
-- column version: Version of the main module, likewise.
-- column revision: Commit that it was built of, likewise; `-dirty` behind it when files were changed.
-- column labels: All labels.
-- column profiles: Profiles in it.
-- column first_at: When its first profile was taken, UTC.
-- column last_at: When its last profile was taken, UTC.
-- column first_profile_id: Its first profile.
-- column last_profile_id: Its last profile.
-- column first_bytes: Live bytes in the first profile.
-- column last_bytes: Live bytes in the last profile.
-- column growth_bytes: Last minus first.
-- column slope_bytes_per_s: Ordinary least squares over all profiles; NULL for one profile or one moment.
-- column r2: How well a straight line fits, 0 to 1; NULL where there is no slope.
CREATE MACRO heap.series_between(
  -- When the span begins, UTC; NULL for no beginning.
  earliest,
  -- When it ends, itself included; NULL for no end.
  latest,
  -- Only these profiles; all when NULL.
  profile_ids := NULL
) AS TABLE
WITH span AS (
  SELECT
    heaps.series_id,
    COUNT(*) AS profiles,
    MIN(heaps.taken_at) AS first_at,
    MAX(heaps.taken_at) AS last_at,
    arg_min(heaps.profile_id, heaps.position) AS first_profile_id,
    arg_max(heaps.profile_id, heaps.position) AS last_profile_id,
    arg_min(heaps.inuse_bytes, heaps.position) AS first_bytes,
    arg_max(heaps.inuse_bytes, heaps.position) AS last_bytes,
    CASE WHEN MAX(heaps.elapsed_s) > MIN(heaps.elapsed_s) THEN regr_slope(heaps.inuse_bytes, heaps.elapsed_s) END
      AS slope_bytes_per_s,
    CASE WHEN MAX(heaps.elapsed_s) > MIN(heaps.elapsed_s) THEN regr_r2(heaps.inuse_bytes, heaps.elapsed_s) END AS r2
  FROM heap.profiles AS heaps
  JOIN profile USING (profile_id)
  WHERE (profile.time_ns <> 0 OR (earliest IS NULL AND latest IS NULL))
    AND (profile_ids IS NULL OR heaps.profile_id IN (SELECT unnest(profile_ids::INTEGER[])))
    AND (earliest IS NULL OR heaps.taken_at >= earliest)
    AND (latest IS NULL OR heaps.taken_at <= latest)
  GROUP BY heaps.series_id
)
SELECT
  series_id,
  series.kind,
  series.service,
  series.instance,
  series.build,
  series.program,
  series.main_package,
  series.version,
  series.revision,
  series.labels,
  span.profiles,
  span.first_at,
  span.last_at,
  span.first_profile_id,
  span.last_profile_id,
  span.first_bytes,
  span.last_bytes,
  int64.clamp(span.last_bytes::HUGEINT - span.first_bytes) AS growth_bytes,
  span.slope_bytes_per_s,
  span.r2
FROM heap.series AS series
JOIN span USING (series_id)
