-- One row per series of heap profiles and leaf location: where it is, and which object sizes were seen there.
--
-- Every allocation has a call address of its own, so all samples of a location belong to one record. Stacks
-- without locations are left out.
--
-- key: series_id, location_id
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
SELECT
  leaves.series_id,
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
  leaves.object_bytes,
  positions.address
FROM attribution._leaf AS leaves
JOIN heap.series AS series USING (series_id)
JOIN attribution._position AS positions USING (location_id)
