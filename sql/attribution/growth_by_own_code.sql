-- One row per series of heap profiles and line of the program's own code that growth passes through last.
--
-- What a library keeps counts for the nearest line of the program's own that called it. The sum over lines is the growth of
-- the series, to the byte; what no own code called, a library's goroutine say, has no function.
--
-- key: series_id, function, file, line
CREATE VIEW attribution.growth_by_own_code (
  -- The series.
  series_id,
  -- The function nearest to the allocation whose module is the program's own; NULL when there is none.
  function,
  -- Its file.
  file,
  -- The line that allocates or calls.
  line,
  -- Live bytes in the last profile minus live bytes in the first.
  growth_bytes,
  -- Share of the growth of the series; NULL when that is zero.
  growth_share,
  -- Of the growth, what the line allocates itself, or code inlined into it.
  flat_growth_bytes
) AS
SELECT
  series_id,
  nearest.function,
  nearest.file,
  nearest.line,
  int64.clamp(SUM(grown.growth_bytes)),
  int64.clamp(SUM(grown.growth_bytes)) / nullif(any_value(series.growth_bytes), 0),
  int64.clamp(SUM(CASE WHEN nearest.is_leaf THEN grown.growth_bytes ELSE 0 END))
FROM heap._grown AS grown
JOIN heap.series AS series USING (series_id)
LEFT JOIN attribution._own_frame(NULL) AS nearest USING (stack_id)
GROUP BY ALL
