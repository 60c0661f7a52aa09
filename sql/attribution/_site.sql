-- One row per series of heap profiles and allocation site: all that is told of it.
--
-- A site is a line of a function with the record, or with the records in question, that explain it.
--
-- key: series_id, site_index
-- staged: by series_id
CREATE VIEW attribution._site (
  -- The series.
  series_id,
  -- Number of the site within the series: the first of its stacks.
  site_index,
  -- escape, ambiguous, implicit, caller, unmatched or unreported.
  attribution,
  -- Function of the outermost line of the leaf location; NULL for an empty stack.
  function,
  -- Its package.
  package,
  -- Its file.
  file,
  -- Its line.
  line,
  -- The innermost function, when something was inlined there.
  inner_function,
  -- Its file.
  inner_file,
  -- Its line.
  inner_line,
  -- The record that explains it, for class escape.
  escape_site_id,
  -- For class caller: the nearest function on the stack whose package has a report.
  caller_function,
  -- For class caller: its file.
  caller_file,
  -- For class caller: its line.
  caller_line,
  -- For class ambiguous: the records that cannot be told apart.
  candidates,
  -- What the executable asks the runtime for there: new, make, append, map_growth, ...; NULL without the executable.
  allocation_kind,
  -- For class escape: what the choice of the record stands on, as in `_candidate`.
  decided_by,
  -- The stacks whose bytes count for it, in order.
  stack_ids
) AS
WITH records AS (
  SELECT
    series_id,
    location_id,
    list_sort(list(DISTINCT escape_site_id)) AS candidates,
    any_value(decided_by) AS decided_by
  FROM attribution._candidate
  GROUP BY series_id, location_id
),
placed AS (
  SELECT
    stacks.series_id,
    stacks.stack_id,
    stacks.attribution,
    coalesce(locations.function, '<none>') AS function,
    locations.package,
    locations.file,
    locations.line,
    CASE WHEN locations.has_inlined THEN locations.inner_function END AS inner_function,
    CASE WHEN locations.has_inlined THEN locations.inner_file END AS inner_file,
    CASE WHEN locations.has_inlined THEN locations.inner_line END AS inner_line,
    stacks.escape_site_id,
    stacks.caller_function,
    stacks.caller_file,
    stacks.caller_line,
    CASE WHEN stacks.attribution = 'ambiguous' THEN records.candidates END AS candidates,
    calls.kind AS allocation_kind,
    CASE WHEN stacks.attribution = 'escape' THEN records.decided_by END AS decided_by
  FROM attribution._stack AS stacks
  LEFT JOIN attribution._location AS locations USING (series_id, location_id)
  LEFT JOIN attribution._call AS calls USING (series_id, location_id)
  LEFT JOIN records USING (series_id, location_id)
)
SELECT
  series_id,
  MIN(stack_id),
  * EXCLUDE (series_id, stack_id),
  list_sort(list(stack_id))
FROM placed
GROUP BY ALL
