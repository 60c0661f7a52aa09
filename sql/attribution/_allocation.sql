-- One row per series of heap profiles and stack: the allocation site its bytes count for, a row of `growth_by_site`.
--
-- key: series_id, stack_id
-- stored: by series_id
CREATE VIEW attribution._allocation (
  -- The series.
  series_id,
  -- Call stack.
  stack_id,
  -- Number of the site within the series: the first of its stacks.
  site_index,
  -- The record that explains it, for class escape.
  escape_site_id
) AS
SELECT series_id, unnest(stack_ids), site_index, escape_site_id
FROM attribution._site
