-- One row per stack of a series of heap profiles whose allocation site is a line: what `heapscape flame --site` counts.
--
-- key: stack_id
-- column stack_id: Call stack.
CREATE MACRO attribution.site_stacks(
  -- The series.
  of_series,
  -- The end of a path, in whole parts, with or without the versions of modules in it.
  file_end,
  -- The line of the allocation, or the one that an inlined expression stands at.
  at_line
) AS TABLE
WITH sites AS (
  SELECT site_index
  FROM attribution.growth_by_site
  WHERE series_id = of_series
    AND (
      (line = at_line AND main.is_place(file, file_end))
      OR (inner_line = at_line AND main.is_place(inner_file, file_end))
    )
)
SELECT stack_id
FROM attribution._allocation
WHERE series_id = of_series AND site_index IN (SELECT site_index FROM sites)
ORDER BY stack_id
