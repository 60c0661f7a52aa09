-- One row per profile, traces among them: what it is called, of whom and when it is, and how large.
--
-- key: profile_id
CREATE VIEW inventory.profiles (
  -- The profile; of a trace its trace_id too.
  profile_id,
  -- The hash of its source, hexadecimal.
  profile_hash,
  -- heap, allocs, cpu, goroutine, mutex, block, threadcreate, goroutineleak, trace or other.
  kind,
  -- When it was taken, UTC; NULL when the file does not say.
  taken_at,
  -- How long it covers; 0 for a state.
  duration_ns,
  -- From labels; NULL without one.
  service,
  -- From labels; NULL without one.
  instance,
  -- From labels; NULL without one.
  build,
  -- All labels given to the source.
  labels,
  -- The series it belongs to.
  series_id,
  -- What it measured, in the file's order.
  sample_types,
  -- Samples in the file.
  sample_count,
  -- Size of the file as offered, still compressed.
  size_bytes,
  -- What the file was recognised as, as in `source`.
  format,
  -- The file it was read from.
  source_id,
  -- Where that was found first; an archive member stands behind `!`.
  uri,
  -- All names that it was offered under.
  names
) AS
WITH measured AS (
  SELECT profile_id, list(sample_type ORDER BY position) AS sample_types
  FROM profile_sample_type
  GROUP BY profile_id
),
named AS (
  SELECT source_id, list(uri ORDER BY uri) AS names
  FROM source_name
  GROUP BY source_id
)
SELECT
  profile.profile_id,
  profile.profile_hash,
  profile.kind,
  CASE WHEN profile.time_ns <> 0 THEN profile.taken_at END,
  profile.duration_ns,
  profile.service,
  profile.instance,
  profile.build,
  profile.labels,
  profile.series_id,
  coalesce(measured.sample_types, []),
  profile.sample_count,
  source.size_bytes,
  source.format,
  source_id,
  source.uri,
  coalesce(named.names, [source.uri])
FROM profile
JOIN source USING (source_id)
LEFT JOIN measured ON measured.profile_id = profile.profile_id
LEFT JOIN named USING (source_id)
