-- One row per series of heap profiles and allocation site with live bytes: how many, and at which of the moments that its trend is fitted to.
--
-- Moments without a sample of the site are not among them: most sites are small, and are seen now and then.
--
-- key: series_id, site_index
CREATE VIEW attribution._live (
  -- The series.
  series_id,
  -- The site, a row of `growth_by_site`.
  site_index,
  -- Moments, places in `_history`, in any order.
  moments,
  -- Live bytes at each of them.
  sizes
) AS
WITH summed AS (
  SELECT allocations.series_id, allocations.site_index, history.moment, int64.clamp(SUM(sample.value)) AS inuse_bytes
  FROM attribution._history AS history
  JOIN main.sample_value AS sample USING (profile_id)
  JOIN attribution._allocation AS allocations USING (series_id, stack_id)
  WHERE sample.sample_type = 'inuse_space'
  GROUP BY allocations.series_id, allocations.site_index, history.moment
)
SELECT series_id, site_index, list(moment), list(inuse_bytes)
FROM summed
GROUP BY series_id, site_index
