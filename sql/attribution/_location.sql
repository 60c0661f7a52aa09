-- One row per series of heap profiles and leaf location: where it is, and which object sizes were seen there.
--
-- Every allocation has a call address of its own, so all samples of a location belong to one record. Stacks
-- without locations are left out.
--
-- key: series_id, location_id
-- stored: on load
CREATE VIEW attribution._location (
  -- The series.
  series_id,
  -- Leaf location of its stacks.
  location_id,
  -- Service of the series, which reports must have too.
  service,
  -- Build of the series, which reports must have too.
  build,
  -- Function the compiler reports in: the outermost of the location.
  function,
  -- Its package.
  package,
  -- File of the outermost line.
  file,
  -- Its base name.
  base_name,
  -- Folder of the file as the profile spells it.
  folder,
  -- The outermost line.
  line,
  -- Something was inlined there.
  has_inlined,
  -- The innermost function.
  inner_function,
  -- Its package.
  inner_package,
  -- File of the innermost line.
  inner_file,
  -- Its base name.
  inner_base_name,
  -- The innermost line.
  inner_line,
  -- The functions inlined there, outermost first.
  inlined_functions,
  -- Distinct object sizes seen in the series.
  object_bytes
) AS
WITH seen AS (
  SELECT DISTINCT heaps.series_id, stack_id, label_set_id
  FROM heap.profiles AS heaps
  JOIN sample USING (profile_id)
  WHERE sample.sample_type IN ('inuse_space', 'alloc_space')
),
used AS (
  SELECT
    seen.series_id,
    stack.location_ids[1] AS location_id,
    list_sort(list(DISTINCT list_filter(label_set.labels, lambda l: l.key = 'bytes')[1].num)) AS object_bytes
  FROM seen
  JOIN stack USING (stack_id)
  JOIN label_set USING (label_set_id)
  WHERE len(stack.location_ids) > 0
  GROUP BY seen.series_id, stack.location_ids[1]
),
inlined AS (
  SELECT location_id, list(function ORDER BY depth DESC) AS functions
  FROM stack._line
  WHERE NOT is_outermost
  GROUP BY location_id
)
SELECT
  used.series_id,
  used.location_id,
  series.service,
  series.build,
  outermost.function,
  outermost.package,
  outermost.file,
  regexp_replace(outermost.file, '^.*[/\\]', ''),
  regexp_replace(outermost.file, '[/\\][^/\\]*$', ''),
  outermost.line,
  innermost.depth <> outermost.depth,
  innermost.function,
  innermost.package,
  innermost.file,
  regexp_replace(innermost.file, '^.*[/\\]', ''),
  innermost.line,
  coalesce(inlined.functions, []),
  list_filter(used.object_bytes, lambda b: b IS NOT NULL)
FROM used
JOIN heap.series AS series USING (series_id)
JOIN stack._line AS outermost ON outermost.location_id = used.location_id AND outermost.is_outermost
JOIN stack._line AS innermost ON innermost.location_id = used.location_id AND innermost.depth = 0
LEFT JOIN inlined ON inlined.location_id = used.location_id
