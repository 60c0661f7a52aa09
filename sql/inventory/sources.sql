-- One row per input ever offered: what became of it, of whom it is, under which names it came, and what was lost.
--
-- key: source_id
CREATE VIEW inventory.sources (
  -- The source.
  source_id,
  -- What it was recognised as, as in `source`; NULL when nothing recognised it.
  format,
  -- `ingested` or `refused`.
  status,
  -- Why it was refused, the last time it was offered; NULL for an ingested one.
  reason,
  -- When the profile in it was taken, UTC; NULL when it does not say, and of what is no profile.
  taken_at,
  -- When it was read, UTC.
  ingested_at,
  -- From labels; NULL without one.
  service,
  -- From labels; NULL without one.
  instance,
  -- From labels; NULL without one.
  build,
  -- How often something of it was skipped, clipped or guessed, as in `ingest_note`; kinds that are no loss are left out.
  losses,
  -- Size as offered, still compressed.
  size_bytes,
  -- Of the bytes as offered, hexadecimal.
  sha256,
  -- Where it was found first; an archive member stands behind `!`.
  uri,
  -- All names that it was offered under.
  names
) AS
WITH owners AS (
  SELECT source_id, service, instance, build, CASE WHEN time_ns <> 0 THEN taken_at END AS taken_at FROM profile
  UNION ALL
  SELECT source_id, service, instance, build, NULL FROM process
  UNION ALL
  SELECT source_id, service, NULL, build, NULL FROM escape_report
  UNION ALL
  SELECT source_id, service, NULL, build, NULL FROM binary_file
),
owned AS (
  SELECT
    source_id,
    MAX(service) AS service,
    MAX(instance) AS instance,
    MAX(build) AS build,
    MAX(taken_at) AS taken_at
  FROM owners
  GROUP BY source_id
),
lost AS (
  SELECT source_id, int64.clamp(SUM(count)) AS losses
  FROM ingest_note
  WHERE severity <> 'info'
  GROUP BY source_id
),
named AS (
  SELECT source_id, list(uri ORDER BY uri) AS names
  FROM source_name
  GROUP BY source_id
)
SELECT
  source_id,
  source.format,
  source.status,
  source.reason,
  owned.taken_at,
  source.ingested_at,
  owned.service,
  owned.instance,
  owned.build,
  coalesce(lost.losses, 0),
  source.size_bytes,
  source.sha256,
  source.uri,
  coalesce(named.names, [source.uri])
FROM source
LEFT JOIN owned USING (source_id)
LEFT JOIN lost USING (source_id)
LEFT JOIN named USING (source_id)
