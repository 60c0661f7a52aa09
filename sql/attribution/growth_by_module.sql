-- One row per series of heap profiles and module whose code allocated: how it grew.
--
-- By the function written at the allocation, inlined or not. The sum over modules is the growth of the series, to the byte.
--
-- key: series_id, module, version
CREATE VIEW attribution.growth_by_module (
  -- The series.
  series_id,
  -- Module path; `std` for Go's own; NULL for stacks without a function.
  module,
  -- Its version; NULL for the program's own module, Go's own and vendored code.
  version,
  -- It is the program's own.
  is_own,
  -- Live bytes in the last profile minus live bytes in the first.
  growth_bytes,
  -- Share of the growth of the series; NULL when that is zero.
  growth_share
) AS
SELECT
  series_id,
  leaves.module,
  leaves.version,
  coalesce(leaves.is_own, false),
  int64.clamp(SUM(grown.growth_bytes)),
  int64.clamp(SUM(grown.growth_bytes)) / nullif(any_value(series.growth_bytes), 0)
FROM heap._grown AS grown
JOIN heap.series AS series USING (series_id)
LEFT JOIN attribution._leaf_module(NULL) AS leaves USING (stack_id)
GROUP BY ALL
