-- One row per location and function inlined there, outermost function included.
--
-- The lines are the location's own, and without any those that an executable has for its address (`symbolised_location`).
-- A location without symbols has one row, without function, file and line.
--
-- key: location_id, depth
CREATE VIEW stack._line (
  -- The location.
  location_id,
  -- 0 = the innermost inlined function; the highest is the physical one.
  depth,
  -- It is the physical function, which contains all others of the location.
  is_outermost,
  -- Function id; NULL without a symbol.
  function_id,
  -- Function; `[binary]` without a symbol, `<unknown>` without a mapping either.
  function,
  -- Import path of the package; NULL when the name has none.
  package,
  -- Source file as the profile spells it; NULL without one.
  file,
  -- Line of the call or the allocation; NULL when unknown.
  line,
  -- Byte column; NULL when unknown.
  "column",
  -- Address from the start of its mapping.
  address,
  -- The binary's path; NULL without a mapping.
  binary_file
) AS
WITH known AS (
  SELECT
    location_id,
    mapping_id,
    address,
    CASE WHEN len(lines) > 0 THEN lines ELSE [{'function_id': NULL, 'line': 0, 'column': 0}] END AS lines
  FROM stack._location
),
unfolded AS (
  SELECT
    location_id,
    mapping_id,
    address,
    len(lines) AS depths,
    unnest(lines) AS line,
    unnest(range(len(lines))) AS depth
  FROM known
)
SELECT
  unfolded.location_id,
  unfolded.depth::INTEGER,
  unfolded.depth >= unfolded.depths - 1,
  function.function_id,
  CASE
    WHEN function.name <> '' THEN function.name
    WHEN mapping.file <> '' THEN '[' || regexp_extract(mapping.file, '[^/]*$') || ']'
    ELSE '<unknown>'
  END,
  function.package,
  nullif(function.file, ''),
  nullif(unfolded.line.line, 0),
  nullif(unfolded.line.column, 0),
  unfolded.address,
  nullif(mapping.file, '')
FROM unfolded
LEFT JOIN function ON function.function_id = unfolded.line.function_id
LEFT JOIN mapping ON mapping.mapping_id = unfolded.mapping_id
