-- One row per service, build and attribution class: how much of the growth it explains, over all series.
--
-- key: service, build, attribution
CREATE VIEW attribution.coverage_by_build (
  -- From labels; NULL without one.
  service,
  -- From labels; NULL without one.
  build,
  -- escape, ambiguous, implicit, caller, unmatched or unreported.
  attribution,
  -- Growth of its sites.
  growth_bytes,
  -- Share of the growth of the service and build; NULL when that is zero.
  share
) AS
WITH classes AS (
  SELECT series.service, series.build, coverage.attribution, int64.clamp(SUM(coverage.growth_bytes)) AS growth_bytes
  FROM attribution.coverage AS coverage
  JOIN heap.series AS series USING (series_id)
  GROUP BY ALL
)
SELECT
  service,
  build,
  attribution,
  growth_bytes,
  growth_bytes / nullif(int64.clamp(SUM(growth_bytes) OVER (PARTITION BY service, build)), 0)
FROM classes
