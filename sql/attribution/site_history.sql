-- One row per allocation site of some series of heap profiles: its live bytes at each of the moments its trend is fitted to.
--
-- At most 64 evenly thinned profiles of the series, oldest first; 0 where a profile has no sample of the site.
-- Worked out of the samples of these series when asked.
--
-- key: series_id, site_index
-- column series_id: The series.
-- column site_index: The site, a row of `growth_by_site`.
-- column history: Live bytes at each moment.
CREATE MACRO attribution.site_history(
  -- The series.
  series_ids
) AS TABLE
WITH counts AS (
  SELECT series_id, COUNT(*) AS moments
  FROM attribution._history
  WHERE list_contains(series_ids, series_id)
  GROUP BY series_id
)
SELECT
  sites.series_id,
  sites.site_index,
  attribution._filled(live.sizes, live.moments, counts.moments) AS history
FROM attribution.growth_by_site AS sites
JOIN counts USING (series_id)
LEFT JOIN (FROM attribution._live WHERE list_contains(series_ids, series_id)) AS live USING (series_id, site_index)
