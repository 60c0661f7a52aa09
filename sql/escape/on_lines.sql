-- One row per verdict of the compiler in the files of some functions of some profiles, and per call it inlined there.
--
-- The reports are those of the profiles' services and builds. A verdict stands at the line of the outermost call after
-- inlining, so that one of an inlined function is there twice: in the function, and where it is called.
--
-- A report speaks of a file where it has its base name and package, or for a generic function the end of its path. Of
-- files of one name in a package, the one in a folder of the same name.
--
-- key: service, build, file, line, column, kind, expression
-- column service: From labels of the report; NULL without one.
-- column build: From labels of the report; NULL without one.
-- column file: As the profiles spell it.
-- column line: Line.
-- column column: Byte column; 0 when the report has none.
-- column kind: As in `escape.site`, or inlined_call.
-- column expression: The compiler's rendering of what escapes; of a call the function that was inlined.
-- column message: The verdict's own words.
-- column reason: Why it is on the heap, in one sentence; NULL for what is not.
CREATE MACRO escape.on_lines(
  -- The profiles.
  profile_ids,
  -- A regular expression that finds the functions' names.
  pattern
) AS TABLE
WITH owners AS (
  SELECT DISTINCT service, build
  FROM profile
  WHERE list_contains(profile_ids, profile_id)
),
used AS (
  SELECT DISTINCT unnest(location_ids) AS location_id
  FROM stack
  WHERE stack_id IN (SELECT stack_id FROM sample WHERE list_contains(profile_ids, profile_id))
),
files AS (
  SELECT
    lines.file,
    lines.package,
    bool_or(contains(lines.function, '[')) AS is_generic,
    regexp_replace(lines.file, '^.*[/\\]', '') AS base_name,
    regexp_extract(lines.file, '^(.*)[/\\]', 1) AS folder
  FROM stack._line AS lines
  SEMI JOIN used USING (location_id)
  WHERE lines.file IS NOT NULL AND regexp_matches(lines.function, pattern)
  GROUP BY ALL
),
owned AS (
  SELECT
    owners.service,
    owners.build,
    files.*,
    regexp_extract(files.folder, '[^/\\]*$') AS folder_name,
    packages.reported_package
  FROM files
  CROSS JOIN owners
  LEFT JOIN attribution._package AS packages
    -- NULL labels are labels too.
    ON packages.service IS NOT DISTINCT FROM owners.service
    AND packages.build IS NOT DISTINCT FROM owners.build
    AND packages.package = files.package
    AND packages.folder = files.folder
),
told AS (
  SELECT
    service,
    build,
    package,
    regexp_replace(file, '^(\.\.?[/\\])+', '') AS path,
    base_name,
    line,
    "column",
    kind,
    expression,
    message,
    escape_site_id
  FROM escape.site
  UNION ALL
  SELECT DISTINCT
    reports.service,
    reports.build,
    inlined.package,
    regexp_replace(inlined.file, '^(\.\.?[/\\])+', ''),
    regexp_replace(inlined.file, '^.*[/\\]', ''),
    inlined.line,
    inlined.column,
    'inlined_call',
    inlined.function,
    'inlining call to ' || inlined.function,
    NULL
  FROM inlined_call AS inlined
  JOIN escape_report AS reports USING (source_id)
),
paired AS (
  SELECT
    told.*,
    owned.file,
    told.path = owned.file OR ends_with(owned.file, '/' || told.path) AS is_end,
    contains(told.path, '/')
      AND regexp_extract(told.path, '([^/\\]*)[/\\][^/\\]*$', 1) = owned.folder_name AS is_in_folder,
    owned.is_generic,
    CASE
      WHEN owned.package <> 'main' OR told.package = 'main' THEN told.package = owned.package
      WHEN owned.reported_package IS NOT NULL THEN told.package = owned.reported_package
      -- Of profiles that are not of the heap no more is known.
      ELSE regexp_extract(told.package, '[^/]*$') = owned.folder_name
    END AS is_of_package
  FROM told
  JOIN owned
    ON owned.service IS NOT DISTINCT FROM told.service
    AND owned.build IS NOT DISTINCT FROM told.build
    AND owned.base_name = told.base_name
),
fitting AS (
  SELECT
    *,
    -- Where a file of the package lies in the function's folder, one in another folder is another package's.
    bool_or(is_in_folder) OVER (PARTITION BY service, build, package, file) AS is_folder_told
  FROM paired
  WHERE is_of_package OR package IS NULL OR (is_generic AND is_end AND contains(path, '/'))
)
SELECT DISTINCT
  fitting.service,
  fitting.build,
  fitting.file,
  fitting.line,
  fitting.column,
  fitting.kind,
  fitting.expression,
  fitting.message,
  reasons.reason
FROM fitting
LEFT JOIN escape.reason AS reasons
  ON reasons.escape_site_id = fitting.escape_site_id
  AND reasons.service IS NOT DISTINCT FROM fitting.service
  AND reasons.build IS NOT DISTINCT FROM fitting.build
WHERE fitting.is_end OR NOT contains(fitting.path, '/') OR fitting.is_in_folder OR NOT fitting.is_folder_told
ORDER BY service, build, file, line, "column", kind, expression
