-- One row per series of heap profiles and line of the program's own code that its growth comes from, those that grew most first.
--
-- The columns of `attribution.growth_by_own_code`, from any profile of a series to any later one: only stacks that changed between them are
-- unfolded. What `heapscape growth --by own` asks.
--
-- key: series_id, function, file, line
-- column series_id: The series.
-- column function: The function nearest to the allocation whose module is the program's own; NULL when there is none.
-- column file: Its file.
-- column line: The line that allocates or calls.
-- column growth_bytes: Live bytes in the last profile minus live bytes in the first.
-- column growth_share: Share of the growth of the series; NULL when that is zero.
-- column flat_growth_bytes: Of the growth, what the line allocates itself, or code inlined into it.
CREATE MACRO attribution.own_code_between(
  -- A list of {series_id, first_profile_id, last_profile_id}.
  ends
) AS TABLE
WITH grown AS MATERIALIZED (
  SELECT *, int64.clamp(SUM(growth_bytes) OVER (PARTITION BY series_id)) AS series_bytes
  FROM heap._grown_between(ends)
)
SELECT
  grown.series_id,
  nearest.function,
  nearest.file,
  nearest.line,
  int64.clamp(SUM(grown.growth_bytes)) AS growth_bytes,
  int64.clamp(SUM(grown.growth_bytes)) / nullif(any_value(grown.series_bytes), 0) AS growth_share,
  int64.clamp(SUM(CASE WHEN nearest.is_leaf THEN grown.growth_bytes ELSE 0 END)) AS flat_growth_bytes
FROM grown
LEFT JOIN attribution._own_frame((SELECT list(stack_id) FROM grown)) AS nearest USING (stack_id)
GROUP BY grown.series_id, nearest.function, nearest.file, nearest.line
ORDER BY grown.series_id, growth_bytes DESC, nearest.file, nearest.line, nearest.function
