-- One row per allocation that was given to a record whose expression cannot compile to the call in the executable.
--
-- key: series_id, location_id, escape_site_id
CREATE VIEW audit.attribution_contradicts_binary (
  -- The series.
  series_id,
  -- Leaf location.
  location_id,
  -- The record it was given to.
  escape_site_id,
  -- The compiler's rendering of what escapes.
  expression,
  -- What the executable asks the runtime for.
  allocation_kind,
  -- The runtime's function that is called.
  entry_point
) AS
SELECT DISTINCT
  allocations.series_id,
  calls.location_id,
  allocations.escape_site_id,
  records.expression,
  calls.kind,
  calls.entry_point
FROM attribution._allocation AS allocations
JOIN heap.series AS series USING (series_id)
JOIN stack USING (stack_id)
JOIN attribution._call AS calls
  ON calls.series_id = allocations.series_id
  AND calls.location_id = stack.location_ids[1]
JOIN attribution._record AS records
  -- NULL labels are labels too.
  ON records.escape_site_id = allocations.escape_site_id
  AND records.service IS NOT DISTINCT FROM series.service
  AND records.build IS NOT DISTINCT FROM series.build
WHERE NOT list_contains(records.call_kinds, calls.kind)
