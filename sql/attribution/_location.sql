-- One row per series of heap profiles and leaf location: where it is, and which object sizes were seen there.
--
-- Every allocation has a call address of its own, so all samples of a location belong to one record. Stacks
-- without locations are left out.
--
-- key: series_id, location_id
-- staged: by series_id
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
  -- The lines they were called at, outermost first, and the innermost line.
  inlined_lines,
  -- Object sizes seen in the series, but for those of less than a hundredth of its bytes: under any call the runtime
  -- allocates for itself at times.
  object_bytes,
  -- Where the call returns to, less one; from the mapping's start.
  address
) AS
WITH seen AS (
  SELECT heaps.series_id, stack_id, label_set_id, int64.clamp(SUM(greatest(sample.value, 0))) AS bytes
  FROM heap.profiles AS heaps
  JOIN main.sample_value AS sample USING (profile_id)
  WHERE sample.sample_type IN ('inuse_space', 'alloc_space')
  GROUP BY heaps.series_id, stack_id, label_set_id
),
sizes AS (
  SELECT
    seen.series_id,
    stack.location_ids[1] AS location_id,
    list_filter(label_set.labels, lambda l: l.key = 'bytes')[1].num AS object_bytes,
    int64.clamp(SUM(seen.bytes)) AS bytes
  FROM seen
  JOIN stack USING (stack_id)
  JOIN label_set USING (label_set_id)
  WHERE len(stack.location_ids) > 0
  GROUP BY ALL
),
used AS (
  SELECT
    series_id,
    location_id,
    list({object_bytes: object_bytes, bytes: bytes}) AS sizes,
    int64.clamp(SUM(bytes)) AS all_bytes
  FROM sizes
  GROUP BY series_id, location_id
)
SELECT
  used.series_id,
  location_id,
  series.service,
  series.build,
  positions.function,
  positions.package,
  positions.file,
  positions.base_name,
  positions.folder,
  positions.line,
  positions.has_inlined,
  positions.inner_function,
  positions.inner_package,
  positions.inner_file,
  positions.inner_base_name,
  positions.inner_line,
  positions.inlined_functions,
  positions.inlined_lines,
  list_sort([
    size.object_bytes
    for size in used.sizes
    if size.object_bytes IS NOT NULL AND size.bytes::HUGEINT * 100 >= used.all_bytes
  ]),
  positions.address
FROM used
JOIN heap.series AS series USING (series_id)
JOIN attribution._position AS positions USING (location_id)
