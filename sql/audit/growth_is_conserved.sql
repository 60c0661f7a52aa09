-- One row per series whose sites do not add up to its growth; always empty.
--
-- key: series_id
CREATE VIEW audit.growth_is_conserved (
  -- The series.
  series_id,
  -- Growth of its total.
  growth_bytes,
  -- Sum over its sites.
  attributed_bytes
) AS
SELECT series.series_id, series.growth_bytes, int64.clamp(coalesce(SUM(sites.growth_bytes), 0))
FROM heap.series AS series
LEFT JOIN attribution.growth_by_site AS sites USING (series_id)
GROUP BY series.series_id, series.growth_bytes
HAVING series.growth_bytes <> int64.clamp(coalesce(SUM(sites.growth_bytes), 0))
