-- One row per service with heap profiles: the newest series of its instances and builds, and how their live heap grew.
--
-- key: service
CREATE VIEW inventory.services (
  -- From labels; NULL for what has none.
  service,
  -- Series that are the newest of their service, instance, build, kind and program.
  series,
  -- Its instances.
  instances,
  -- Its builds.
  builds,
  -- When the first profile of these series was taken, UTC.
  first_at,
  -- When the last one was.
  last_at,
  -- Live bytes in the last profiles.
  last_bytes,
  -- What they gained since the first.
  growth_bytes
) AS
SELECT
  service,
  COUNT(*),
  COUNT(DISTINCT instance),
  COUNT(DISTINCT build),
  MIN(first_at),
  MAX(last_at),
  int64.clamp(SUM(last_bytes)),
  int64.clamp(SUM(growth_bytes))
FROM heap.series
SEMI JOIN heap._newest USING (series_id)
GROUP BY service
