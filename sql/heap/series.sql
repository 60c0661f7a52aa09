-- One row per series of heap profiles: its span and how its total grew.
--
-- A series of one profile has no growth and no slope.
--
-- key: series_id
-- stored: by series_id
CREATE VIEW heap.series (
  -- Profiles of one kind and program with the same labels, between two restarts.
  series_id,
  -- heap or allocs.
  kind,
  -- From labels; NULL without one.
  service,
  -- From labels; NULL without one.
  instance,
  -- From labels; NULL without one.
  build,
  -- Path of the executable; NULL when the profiles do not say.
  program,
  -- Import path of its main package, as the executable says that was given; NULL without one.
  main_package,
  -- Version of the main module, likewise.
  version,
  -- Commit that it was built of, likewise; `-dirty` behind it when files were changed.
  revision,
  -- All labels.
  labels,
  -- Profiles in it.
  profiles,
  -- When its first profile was taken, UTC.
  first_at,
  -- When its last profile was taken, UTC.
  last_at,
  -- Its first profile.
  first_profile_id,
  -- Its last profile.
  last_profile_id,
  -- Live bytes in the first profile.
  first_bytes,
  -- Live bytes in the last profile.
  last_bytes,
  -- Last minus first.
  growth_bytes,
  -- Ordinary least squares over all profiles; NULL for one profile or one moment.
  slope_bytes_per_s,
  -- How well a straight line fits, 0 to 1; NULL where there is no slope.
  r2
) AS
SELECT
  series_id,
  any_value(profile.kind),
  any_value(profile.service),
  any_value(profile.instance),
  any_value(profile.build),
  any_value(profile.program),
  any_value(executable.main_package),
  any_value(executable.version),
  any_value(executable.revision),
  any_value(profile.labels),
  COUNT(*),
  MIN(heaps.taken_at),
  MAX(heaps.taken_at),
  arg_min(profile_id, heaps.position),
  arg_max(profile_id, heaps.position),
  arg_min(heaps.inuse_bytes, heaps.position),
  arg_max(heaps.inuse_bytes, heaps.position),
  int64.clamp(arg_max(heaps.inuse_bytes, heaps.position)::HUGEINT - arg_min(heaps.inuse_bytes, heaps.position)),
  CASE WHEN MAX(heaps.elapsed_s) > 0 THEN regr_slope(heaps.inuse_bytes, heaps.elapsed_s) END,
  CASE WHEN MAX(heaps.elapsed_s) > 0 THEN regr_r2(heaps.inuse_bytes, heaps.elapsed_s) END
FROM heap.profiles AS heaps
JOIN profile USING (profile_id, series_id)
LEFT JOIN heap._executable AS executable USING (series_id)
GROUP BY series_id
