-- One row per attribution class: how much of the growth of a series it explains, from one of its profiles to a later one.
--
-- All six classes have a row, as in `attribution.coverage`.
--
-- key: series_id, attribution
-- column series_id: The series.
-- column attribution: escape, ambiguous, implicit, caller, unmatched or unreported.
-- column growth_bytes: Growth of its sites; the six add up to the growth of the series.
-- column share: Share of that; NULL when it is zero.
CREATE MACRO attribution.coverage_between(
  -- The series.
  wanted_series,
  -- The earlier of two of its profiles.
  earlier_profile,
  -- The later one.
  later_profile
) AS TABLE
WITH grown AS (
  SELECT attribution, int64.clamp(SUM(growth_bytes)) AS growth_bytes
  FROM attribution.growth_by_site_between(wanted_series, earlier_profile, later_profile)
  GROUP BY attribution
)
SELECT
  wanted_series::INTEGER AS series_id,
  attribution,
  coalesce(grown.growth_bytes, 0) AS growth_bytes,
  coalesce(grown.growth_bytes, 0) / nullif(int64.clamp(SUM(grown.growth_bytes) OVER ()), 0) AS share
FROM (
  SELECT unnest(['escape', 'ambiguous', 'implicit', 'caller', 'unmatched', 'unreported']) AS attribution
)
LEFT JOIN grown USING (attribution)
ORDER BY growth_bytes DESC, attribution
