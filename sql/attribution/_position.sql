-- One row per location on stacks of heap profiles: its outermost and its innermost line, and what was inlined there.
--
-- Apart from the series, since those of a build share their locations.
--
-- key: location_id
-- staged: by series_id
CREATE VIEW attribution._position (
  -- The location.
  location_id,
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
  -- Where the call returns to, less one; from the mapping's start.
  address
) AS
WITH used AS (
  SELECT DISTINCT unnest(location_ids) AS location_id
  FROM stack
  SEMI JOIN heap._stack USING (stack_id)
),
lines AS MATERIALIZED (
  SELECT location_id, depth, is_outermost, function, package, file, line, address
  FROM stack._line
  SEMI JOIN used USING (location_id)
),
-- Of the few where something was inlined.
inlined AS (
  SELECT
    location_id,
    list(function ORDER BY depth DESC) FILTER (NOT is_outermost) AS functions,
    list(line ORDER BY depth DESC) AS lines
  FROM lines
  SEMI JOIN (FROM lines WHERE depth > 0) AS several USING (location_id)
  GROUP BY location_id
)
SELECT
  location_id,
  outermost.function,
  outermost.package,
  outermost.file,
  regexp_replace(outermost.file, '^.*[/\\]', ''),
  regexp_extract(outermost.file, '^(.*)[/\\]', 1),
  outermost.line,
  inlined.location_id IS NOT NULL,
  innermost.function,
  innermost.package,
  innermost.file,
  regexp_replace(innermost.file, '^.*[/\\]', ''),
  innermost.line,
  coalesce(inlined.functions, []),
  coalesce(inlined.lines, [outermost.line]),
  outermost.address
FROM lines AS outermost
JOIN lines AS innermost USING (location_id)
LEFT JOIN inlined USING (location_id)
WHERE outermost.is_outermost AND innermost.depth = 0
