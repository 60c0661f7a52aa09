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
WITH grown AS (
  SELECT series_id, node_index, int64.clamp(SUM(growth_bytes)) AS growth_bytes
  FROM heap._grown
  JOIN stack_leaf USING (stack_id)
  GROUP BY series_id, node_index
),
summed AS (
  SELECT
    series_id,
    label_index,
    int64.clamp(SUM(growth_bytes)) AS growth_bytes,
    int64.clamp(SUM(CASE WHEN is_leaf THEN growth_bytes ELSE 0 END)) AS flat_growth_bytes
  FROM grown
  JOIN stack_function USING (node_index)
  GROUP BY series_id, label_index
)
SELECT
  series_id,
  label,
  summed.growth_bytes,
  summed.flat_growth_bytes,
  summed.growth_bytes / nullif(epoch(series.last_at) - epoch(series.first_at), 0)
FROM summed
JOIN stack_label USING (label_index)
JOIN heap.series AS series USING (series_id)
WHERE summed.growth_bytes <> 0 OR summed.flat_growth_bytes <> 0
