-- One row per series whose executable was given: what that says of its build.
--
-- It is the executable of the build id of the profiles: GNU's, or Go's as it stands or in hexadecimal. Where they have none, it is the one with the base name of theirs and with
-- their labels `service` and `build`, if only one could be it.
--
-- key: series_id
CREATE VIEW heap._executable (
  -- The series.
  series_id,
  -- Import path of the main package; NULL when it does not say.
  main_package,
  -- Version of the main module; NULL for none or `(devel)`.
  version,
  -- Commit, `-dirty` behind it when files were changed; NULL when it does not say.
  revision
) AS
WITH series AS (
  SELECT
    series_id,
    any_value(build_id) AS build_id,
    any_value(service) AS service,
    any_value(build) AS build,
    regexp_extract(any_value(program), '[^/\\]*$') AS base_name
  FROM profile
  GROUP BY series_id
),
executables AS (
  SELECT
    [binary_file.build_id, binary_file.go_build_id, lower(hex(binary_file.go_build_id))] AS build_ids,
    binary_file.service,
    binary_file.build,
    regexp_extract(regexp_replace(source.uri, '\.(gz|zst|xz|bz2)$', ''), '[^/\\!]*$') AS base_name,
    {
      'main_package': binary_file.main_package,
      'version': nullif(binary_file.main_module_version, '(devel)'),
      'revision': binary_file.settings['vcs.revision']
        || CASE WHEN binary_file.settings['vcs.modified'] = 'true' THEN '-dirty' ELSE '' END
    } AS told
  FROM binary_file
  JOIN source USING (source_id)
),
found AS (
  SELECT series.series_id, executables.told
  FROM series
  JOIN (SELECT told, unnest(build_ids) AS build_id FROM executables) AS executables USING (build_id)
  UNION ALL
  SELECT series.series_id, executables.told
  FROM series
  JOIN executables USING (base_name)
  -- NULL labels are labels too.
  WHERE series.build_id IS NULL
    AND executables.service IS NOT DISTINCT FROM series.service
    AND executables.build IS NOT DISTINCT FROM series.build
)
SELECT series_id, any_value(told.main_package), any_value(told.version), any_value(told.revision)
FROM found
GROUP BY series_id
HAVING COUNT(DISTINCT told) = 1
