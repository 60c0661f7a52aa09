-- One row per series of heap profiles and allocation site: its live bytes at each of the moments its trend is fitted to.
--
-- At most 64 evenly thinned profiles of the series, oldest first; 0 where a profile has no sample of the site.
-- Worked out of the samples when asked: say which series.
--
-- key: series_id, site_index
CREATE VIEW attribution.site_history (
  -- The series.
  series_id,
  -- The site, a row of growth_by_site.
  site_index,
  -- Live bytes.
  history
) AS
WITH live AS (
  SELECT
    allocations.series_id,
    allocations.site_index,
    history.moment,
    int64.clamp(SUM(sample.value)) AS inuse_bytes
  FROM attribution._history AS history
  JOIN main.sample_value AS sample USING (profile_id)
  JOIN attribution._allocation AS allocations USING (series_id, stack_id)
  WHERE sample.sample_type = 'inuse_space'
  GROUP BY allocations.series_id, allocations.site_index, history.moment
)
SELECT
  sites.series_id,
  sites.site_index,
  list(coalesce(live.inuse_bytes, 0) ORDER BY history.moment)
FROM attribution.growth_by_site AS sites
JOIN attribution._history AS history USING (series_id)
LEFT JOIN live USING (series_id, site_index, moment)
GROUP BY sites.series_id, sites.site_index
