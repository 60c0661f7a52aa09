-- One row per mapping that has locations without lines and an executable that was given: the one they lie in.
--
-- That is the executable of the mapping's build id: GNU's, or Go's as it stands or in hexadecimal. Where the mapping has none, it
-- is the one with the base name of the mapping's file and the labels `service` and `build` of its profiles, if that is the
-- same one for all of them and no other could be it.
--
-- key: mapping_id
CREATE VIEW stack._program (
  -- The mapping.
  mapping_id,
  -- The executable.
  source_id
) AS
WITH programs AS (
  SELECT
    binary_file.source_id,
    binary_file.build_id,
    binary_file.go_build_id,
    binary_file.service,
    binary_file.build,
    regexp_extract(regexp_replace(source.uri, '\.(gz|zst|xz|bz2)$', ''), '[^/\\!]*$') AS base_name
  FROM binary_file
  JOIN source USING (source_id)
  WHERE binary_file.source_id IN (SELECT source_id FROM binary_function)
),
bare AS (
  SELECT
    mapping_id,
    lower(build_id) AS build_id,
    build_id AS spelled_build_id,
    regexp_extract(file, '[^/\\]*$') AS base_name
  FROM mapping
  WHERE mapping_id IN (SELECT mapping_id FROM location WHERE len(lines) = 0)
),
of_build_id AS (
  SELECT bare.mapping_id, MIN(programs.source_id) AS source_id
  FROM bare
  JOIN programs
    ON programs.build_id = bare.build_id
    OR programs.go_build_id = bare.spelled_build_id
    OR lower(hex(programs.go_build_id)) = bare.build_id
  WHERE bare.build_id <> ''
  GROUP BY bare.mapping_id
),
used AS (
  SELECT DISTINCT bare.mapping_id, bare.base_name, profile.service, profile.build
  FROM bare
  JOIN profile_mapping USING (mapping_id)
  JOIN profile USING (profile_id)
  WHERE bare.build_id = '' AND bare.base_name <> ''
),
of_name AS (
  SELECT used.mapping_id, MIN(programs.source_id) AS source_id
  FROM used
  LEFT JOIN programs
    ON programs.base_name = used.base_name
    -- NULL labels are labels too.
    AND programs.service IS NOT DISTINCT FROM used.service
    AND programs.build IS NOT DISTINCT FROM used.build
  GROUP BY used.mapping_id
  HAVING COUNT(DISTINCT programs.source_id) = 1 AND bool_and(programs.source_id IS NOT NULL)
)
SELECT mapping_id, source_id FROM of_build_id
UNION ALL
SELECT mapping_id, source_id FROM of_name
