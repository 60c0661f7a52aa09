-- One row per series of heap profiles and module that its growth was allocated in, those that grew most first.
--
-- The columns of `attribution.growth_by_module`, from any profile of a series to any later one: only stacks that changed between them are
-- looked at. What `heapscape growth --by module` asks.
--
-- key: series_id, module, version, is_own
-- column series_id: The series.
-- column module: Module path; `std` for Go's own; NULL for stacks without a function.
-- column version: Its version; NULL for the program's own module, Go's own and vendored code.
-- column is_own: It is the program's own.
-- column growth_bytes: Live bytes in the last profile minus live bytes in the first.
-- column growth_share: Share of the growth of the series; NULL when that is zero.
CREATE MACRO attribution.modules_between(
  -- A list of {series_id, first_profile_id, last_profile_id}.
  ends
) AS TABLE
WITH grown AS MATERIALIZED (
  SELECT *, int64.clamp(SUM(growth_bytes) OVER (PARTITION BY series_id)) AS series_bytes
  FROM heap._grown_between(ends)
)
SELECT
  grown.series_id,
  leaves.module,
  leaves.version,
  coalesce(leaves.is_own, false) AS is_own,
  int64.clamp(SUM(grown.growth_bytes)) AS growth_bytes,
  int64.clamp(SUM(grown.growth_bytes)) / nullif(any_value(grown.series_bytes), 0) AS growth_share
FROM grown
LEFT JOIN attribution._leaf_module((SELECT list(stack_id) FROM grown)) AS leaves USING (stack_id)
GROUP BY grown.series_id, leaves.module, leaves.version, leaves.is_own
ORDER BY grown.series_id, growth_bytes DESC, leaves.module, leaves.version
