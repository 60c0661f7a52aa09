-- One row per series of profiles of any kind: of whom it is, from when to when, and how its live heap grew.
--
-- key: series_id
CREATE VIEW inventory.series (
  -- Profiles of one kind and program with the same labels, between two restarts.
  series_id,
  -- The kind of its profiles.
  kind,
  -- From labels; NULL without one.
  service,
  -- From labels; NULL without one.
  instance,
  -- From labels; NULL without one.
  build,
  -- All labels.
  labels,
  -- Path of the executable; NULL when the profiles do not say.
  program,
  -- Import path of its main package, as the executable says that was given; NULL without one, and of others than heap profiles.
  main_package,
  -- Version of the main module, likewise.
  version,
  -- Commit that it was built of, likewise; `-dirty` behind it when files were changed.
  revision,
  -- Profiles in it.
  profiles,
  -- When its first profile was taken, UTC; NULL when none says so.
  first_at,
  -- When its last profile was taken, UTC; NULL when none says so.
  last_at,
  -- Its first profile.
  first_profile_id,
  -- Its last profile.
  last_profile_id,
  -- Size of its files as offered, still compressed.
  size_bytes,
  -- Live bytes in the last heap profile; NULL of other kinds.
  last_bytes,
  -- Live bytes in the last heap profile minus those in the first; NULL of other kinds.
  growth_bytes,
  -- Ordinary least squares over all heap profiles; NULL for one profile or one moment, and of other kinds.
  slope_bytes_per_s,
  -- How well a straight line fits, 0 to 1; NULL where there is no slope.
  r2
) AS
WITH gathered AS (
  SELECT
    profile.series_id,
    any_value(profile.kind) AS kind,
    any_value(profile.service) AS service,
    any_value(profile.instance) AS instance,
    any_value(profile.build) AS build,
    any_value(profile.labels) AS labels,
    any_value(profile.program) AS program,
    COUNT(*) AS profiles,
    MIN(profile.taken_at) FILTER (profile.time_ns <> 0) AS first_at,
    MAX(profile.taken_at) FILTER (profile.time_ns <> 0) AS last_at,
    arg_min(profile.profile_id, (profile.time_ns, profile.profile_id)) AS first_profile_id,
    arg_max(profile.profile_id, (profile.time_ns, profile.profile_id)) AS last_profile_id,
    int64.clamp(SUM(source.size_bytes)) AS size_bytes
  FROM profile
  JOIN source USING (source_id)
  GROUP BY profile.series_id
)
SELECT
  series_id,
  gathered.kind,
  gathered.service,
  gathered.instance,
  gathered.build,
  gathered.labels,
  gathered.program,
  heaps.main_package,
  heaps.version,
  heaps.revision,
  gathered.profiles,
  gathered.first_at,
  gathered.last_at,
  gathered.first_profile_id,
  gathered.last_profile_id,
  gathered.size_bytes,
  heaps.last_bytes,
  heaps.growth_bytes,
  heaps.slope_bytes_per_s,
  heaps.r2
FROM gathered
LEFT JOIN heap.series AS heaps USING (series_id)
