-- One row per series and function: what it gained between the first and the last profile.
--
-- Growth counts every stack with the function on it, once; flat growth only those that end in it. A function
-- that neither gained nor lost has no row.
--
-- key: series_id, function
CREATE VIEW heap.growth_by_function (
  -- The series.
  series_id,
  -- Function; `[binary]` without a symbol.
  function,
  -- Live bytes gained in the function and what it calls.
  growth_bytes,
  -- Live bytes gained in the function itself.
  flat_growth_bytes,
  -- Growth divided by the time between the two profiles; NULL when there is none.
  slope_bytes_per_s
) AS
WITH counted AS (
  SELECT
    grown.series_id,
    unnest(counts.label_ids) AS label_id,
    grown.growth_bytes,
    counts.leaf_label_id
  FROM heap._grown AS grown
  JOIN flame._counted AS counts USING (stack_id)
),
summed AS (
  SELECT
    series_id,
    label_id,
    int64.clamp(SUM(growth_bytes)) AS growth_bytes,
    int64.clamp(SUM(CASE WHEN label_id = leaf_label_id THEN growth_bytes ELSE 0 END)) AS flat_growth_bytes
  FROM counted
  GROUP BY series_id, label_id
)
SELECT
  series_id,
  label,
  summed.growth_bytes,
  summed.flat_growth_bytes,
  summed.growth_bytes / nullif(epoch(series.last_at) - epoch(series.first_at), 0)
FROM summed
JOIN stack_label USING (label_id)
JOIN heap.series AS series USING (series_id)
WHERE summed.growth_bytes <> 0 OR summed.flat_growth_bytes <> 0
