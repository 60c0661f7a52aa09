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
WITH moments AS (
  SELECT series_id, profile_id, moment
  FROM attribution._history
  WHERE list_contains(series_ids, series_id)
),
placed AS (
  SELECT series_id, stack_id, site_index
  FROM attribution._allocation
  WHERE list_contains(series_ids, series_id)
),
live AS (
  SELECT placed.series_id, placed.site_index, moments.moment, int64.clamp(SUM(sample.value)) AS inuse_bytes
  FROM moments
  JOIN main.sample_value AS sample USING (profile_id)
  JOIN placed USING (series_id, stack_id)
  WHERE sample.sample_type = 'inuse_space'
  GROUP BY placed.series_id, placed.site_index, moments.moment
)
SELECT
  sites.series_id,
  sites.site_index,
  list(coalesce(live.inuse_bytes, 0) ORDER BY moments.moment) AS history
FROM (SELECT DISTINCT series_id, site_index FROM placed) AS sites
JOIN moments USING (series_id)
LEFT JOIN live USING (series_id, site_index, moment)
GROUP BY sites.series_id, sites.site_index
