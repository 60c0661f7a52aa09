-- One row per series of heap profiles and attribution class: how much of the growth it explains.
--
-- All six classes have a row in every series, so that nothing is hidden by absence.
--
-- key: series_id, attribution
CREATE VIEW attribution.coverage (
  -- The series.
  series_id,
  -- escape, ambiguous, implicit, caller, unmatched or unreported.
  attribution,
  -- Growth of its sites; the six add up to the growth of the series.
  growth_bytes,
  -- Share of the growth of the series; NULL when that is zero.
  share
) AS
WITH classes AS (
  SELECT unnest(['escape', 'ambiguous', 'implicit', 'caller', 'unmatched', 'unreported']) AS attribution
),
grown AS (
  SELECT series_id, attribution, int64.clamp(SUM(growth_bytes)) AS growth_bytes
  FROM attribution.growth_by_site
  GROUP BY series_id, attribution
)
SELECT
  series.series_id,
  classes.attribution,
  coalesce(grown.growth_bytes, 0),
  coalesce(grown.growth_bytes, 0) / nullif(series.growth_bytes, 0)
FROM heap.series AS series
CROSS JOIN classes
LEFT JOIN grown
  ON grown.series_id = series.series_id AND grown.attribution = classes.attribution
