-- One row per series of heap profiles and stack: which class explains its bytes, and which record.
--
-- key: series_id, stack_id
-- staged: by series_id
CREATE VIEW attribution._stack (
  -- The series.
  series_id,
  -- Call stack.
  stack_id,
  -- escape, ambiguous, implicit, caller, unmatched or unreported.
  attribution,
  -- Leaf location; NULL for an empty stack.
  location_id,
  -- The record that explains it, for class escape.
  escape_site_id,
  -- For class caller: the nearest function on the stack whose package has a report.
  caller_function,
  -- For class caller: its file.
  caller_file,
  -- For class caller: its line.
  caller_line
) AS
WITH builds AS (
  SELECT series_id, service, build, dense_rank() OVER (ORDER BY service, build) AS build_index
  FROM heap.series
),
-- What is told of a location and of a stack is told of a build; its series share them.
locations AS (
  SELECT DISTINCT
    builds.build_index,
    locations.service,
    locations.build,
    locations.location_id,
    locations.package,
    locations.file,
    locations.base_name,
    locations.folder
  FROM attribution._location AS locations
  JOIN builds USING (series_id)
),
-- The package of each leaf, and whether a report of this build speaks of it and of the file.
leaves AS (
  SELECT
    locations.build_index,
    locations.location_id,
    bool_or(packages.reported_package IS NOT NULL)
    -- What the runtime lends to other packages is in its own files: reflect.unsafe_New, sync.runtime_Semacquire.
    AND NOT (
      regexp_matches(any_value(locations.file), '(^|[/\\])runtime[/\\][^/\\]+$')
      AND any_value(locations.package) <> 'runtime'
    ) AS is_reported,
    bool_or(files.base_name IS NOT NULL) AS is_file_reported
  FROM locations
  LEFT JOIN attribution._package AS packages
    -- NULL labels are labels too.
    ON packages.service IS NOT DISTINCT FROM locations.service
    AND packages.build IS NOT DISTINCT FROM locations.build
    AND packages.package = locations.package
    AND packages.folder = locations.folder
  LEFT JOIN attribution._file AS files
    ON files.service IS NOT DISTINCT FROM locations.service
    AND files.build IS NOT DISTINCT FROM locations.build
    AND files.package = packages.reported_package
    AND files.base_name = locations.base_name
    AND (packages.reported_folder IS NULL OR files.folder_name = packages.reported_folder)
  GROUP BY locations.build_index, locations.location_id
),
explained AS (
  SELECT
    series_id,
    location_id,
    COUNT(*) = 1 AND bool_and(decided_by IS NOT NULL) AS is_decided,
    MIN(escape_site_id) AS escape_site_id
  FROM attribution._candidate
  GROUP BY series_id, location_id
),
located AS (
  SELECT used.series_id, builds.build_index, stack_id, stack.location_ids[1] AS location_id
  FROM heap._stack AS used
  JOIN builds USING (series_id)
  JOIN stack USING (stack_id)
),
unreported AS (
  SELECT DISTINCT build_index, stack_id
  FROM located
  LEFT JOIN leaves USING (build_index, location_id)
  WHERE NOT coalesce(leaves.is_reported, false)
),
above AS (
  SELECT
    unreported.build_index,
    stack_id,
    unnest(stack.location_ids[2:]) AS location_id,
    unnest(range(1, len(stack.location_ids))) AS place
  FROM unreported
  JOIN stack USING (stack_id)
),
reported AS (
  SELECT
    builds.build_index,
    positions.location_id,
    -- Of the functions inlined into one location the outermost is where the compiler reports.
    {'function': positions.function, 'file': positions.file, 'line': positions.line} AS caller
  FROM (SELECT DISTINCT service, build, build_index FROM builds) AS builds
  JOIN attribution._package AS packages
    ON packages.service IS NOT DISTINCT FROM builds.service
    AND packages.build IS NOT DISTINCT FROM builds.build
  JOIN attribution._position AS positions
    ON positions.package = packages.package
    AND positions.folder = packages.folder
),
callers AS (
  SELECT build_index, stack_id, arg_min(reported.caller, above.place) AS caller
  FROM above
  JOIN reported USING (build_index, location_id)
  GROUP BY build_index, stack_id
)
SELECT
  located.series_id,
  located.stack_id,
  CASE
    WHEN explained.is_decided THEN 'escape'
    WHEN explained.location_id IS NOT NULL THEN 'ambiguous'
    WHEN leaves.is_reported AND leaves.is_file_reported THEN 'implicit'
    WHEN leaves.is_reported THEN 'unmatched'
    WHEN callers.caller IS NOT NULL THEN 'caller'
    ELSE 'unreported'
  END,
  located.location_id,
  CASE WHEN explained.is_decided THEN explained.escape_site_id END,
  callers.caller.function,
  callers.caller.file,
  callers.caller.line
FROM located
LEFT JOIN leaves USING (build_index, location_id)
LEFT JOIN explained USING (series_id, location_id)
LEFT JOIN callers USING (build_index, stack_id)
