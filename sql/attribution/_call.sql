-- One row per series of heap profiles and leaf location that an executable was given for: the call it asks for memory with.
--
-- The executable of the mapping's build id; where none has that, the one with the labels of the series, if nine of ten
-- leaves follow a call of it: builds that differ only in what the compiler reports have the same code. Leaves without a
-- mapping have an address in memory, which fits a program that is loaded where it was linked to. What reflection
-- and strings.Builder ask for on behalf of others, in functions that profiles show since Go 1.26, is known by its name.
--
-- key: series_id, location_id
-- stored: by series_id
CREATE VIEW attribution._call (
  -- The series.
  series_id,
  -- Leaf location.
  location_id,
  -- The executable; NULL where the function's name tells.
  source_id,
  -- What is asked for: new, make, append, ..., as in `call_site`. `hidden` where nothing is, though nine of ten leaves of the
  -- executable of this build id follow a call: the function that is called there asks, and profiles leave it out.
  kind,
  -- The runtime's function that is called; NULL for a hidden one.
  entry_point,
  -- The type it is given, without package and type arguments; NULL where the code tells none with a name of its own.
  type_name
) AS
WITH leaves AS (
  SELECT
    leaves.series_id,
    leaves.location_id,
    leaves.service,
    leaves.build,
    coalesce(location.mapping_id, 0) AS mapping_id,
    location.mapping_id IS NULL AS is_unmapped,
    mapping.build_id,
    (location.address::HUGEINT + coalesce(mapping.file_offset_bytes, 0)) % 18446744073709551616 AS address
  FROM attribution._location AS leaves
  JOIN location USING (location_id)
  LEFT JOIN mapping USING (mapping_id)
),
programs AS (
  SELECT
    mapped.series_id,
    mapped.mapping_id,
    binary_file.source_id,
    binary_file.base_address,
    binary_file.build_id = mapped.build_id AS is_same_build
  FROM (SELECT DISTINCT series_id, mapping_id, service, build, build_id FROM leaves) AS mapped
  JOIN binary_file
    ON binary_file.build_id = mapped.build_id
    -- NULL labels are labels too.
    OR (binary_file.service IS NOT DISTINCT FROM mapped.service AND binary_file.build IS NOT DISTINCT FROM mapped.build)
),
found AS (
  SELECT
    leaves.series_id,
    leaves.mapping_id,
    leaves.location_id,
    programs.source_id,
    coalesce(programs.is_same_build, false) AS is_same_build,
    calls.kind,
    calls.entry_point,
    calls.type_name
  FROM leaves
  JOIN programs USING (series_id, mapping_id)
  LEFT JOIN call_site AS calls
    ON calls.source_id = programs.source_id
    AND calls.address = leaves.address - CASE WHEN leaves.is_unmapped THEN programs.base_address ELSE 0 END
),
chosen AS (
  SELECT series_id, mapping_id, source_id, COUNT(kind) >= 0.9 * COUNT(*) AS is_complete
  FROM found
  GROUP BY series_id, mapping_id, source_id, is_same_build
  HAVING is_same_build OR COUNT(kind) >= 0.9 * COUNT(*)
  QUALIFY row_number() OVER (
    PARTITION BY series_id, mapping_id
    ORDER BY is_same_build DESC, COUNT(kind) DESC, source_id
  ) = 1
),
called AS (
  SELECT found.*, chosen.is_complete
  FROM found
  JOIN chosen USING (series_id, mapping_id, source_id)
),
named AS (
  SELECT locations.series_id, locations.location_id, named.kind, locations.function AS entry_point
  FROM attribution._location AS locations
  JOIN (
    VALUES
      ('unsafe_New', 'new'),
      ('unsafe_NewArray', 'make'),
      ('growslice', 'append'),
      ('makemap', 'map'),
      ('makechan', 'channel'),
      ('mapassign', 'map_growth'),
      ('mapassign_faststr', 'map_growth'),
      ('MakeNoZero', 'make')
  ) AS named (name, kind)
    ON locations.function = locations.package || '.' || named.name
    AND locations.package IN ('reflect', 'internal/reflectlite', 'internal/bytealg')
)
SELECT
  series_id,
  location_id,
  CASE WHEN called.kind IS NOT NULL OR named.kind IS NULL THEN called.source_id END,
  coalesce(called.kind, named.kind, 'hidden'),
  coalesce(called.entry_point, named.entry_point),
  nullif(regexp_extract(called.type_name, '^\*?(?:[^\[\] ]*\.)(\w+)(?:\[.*\])?$', 1), '')
FROM called
FULL JOIN named USING (series_id, location_id)
WHERE called.kind IS NOT NULL OR named.kind IS NOT NULL OR (called.is_same_build AND called.is_complete)
