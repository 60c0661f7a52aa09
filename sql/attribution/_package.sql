-- One row per service, build and package of a profile that a report of the same service and build speaks of.
--
-- A profile calls every main package `main`. It is the reported package whose path is the folder of the file
-- (-trimpath), or that is called `main` too, or that ends like the folder, the more of it the better, or that is the
-- only one left which no function belongs to. Two that fit alike are both left out.
--
-- key: service, build, package, folder
-- stored: on load
CREATE VIEW attribution._package (
  -- Service of the series and of the report; NULL without one.
  service,
  -- Build of the series and of the report; NULL without one.
  build,
  -- Package as profiles name it.
  package,
  -- Folder of its files as profiles spell it.
  folder,
  -- Package as the report names it.
  reported_package
) AS
WITH reported AS (
  SELECT DISTINCT reports.service, reports.build, packages.package, string_split(packages.package, '/') AS names
  FROM escape_package AS packages
  JOIN escape_report AS reports USING (source_id)
),
profiled AS (
  SELECT DISTINCT
    series.service,
    series.build,
    function.package,
    regexp_replace(function.file, '[/\\][^/\\]*$', '') AS folder,
    regexp_split_to_array(regexp_replace(function.file, '[/\\][^/\\]*$', ''), '[/\\]') AS names
  FROM (SELECT DISTINCT service, build FROM heap.series) AS series
  CROSS JOIN function
  WHERE function.package IS NOT NULL
),
mains AS (
  SELECT
    *,
    COUNT(*) OVER (PARTITION BY service, build) AS left_over
  FROM reported
  WHERE package NOT IN (SELECT function.package FROM function WHERE function.package IS NOT NULL)
    OR package = 'main'
),
shared AS (
  SELECT DISTINCT
    files.service,
    files.build,
    files.package,
    regexp_replace(function.file, '[/\\][^/\\]*$', '') AS folder
  FROM attribution._file AS files
  JOIN function ON regexp_replace(function.file, '^.*[/\\]', '') = files.base_name
  WHERE function.package = 'main'
),
matched AS (
  SELECT
    profiled.service,
    profiled.build,
    profiled.package,
    profiled.folder,
    reported.package AS reported_package,
    CASE
      WHEN reported.package = profiled.folder THEN 1002
      WHEN reported.package = profiled.package THEN 1001
      WHEN reported.names[-1] = profiled.names[-1]
        -- How many of their last names are the same.
        THEN len(list_filter(range(1, len(reported.names) + 1), lambda n: reported.names[-n:] = profiled.names[-n:]))
      -- The only one left over, if it has a file that this one has.
      WHEN mains.left_over = 1 AND shared.package IS NOT NULL THEN 0
    END AS likeness
  FROM profiled
  JOIN reported
    -- NULL labels are labels too.
    ON reported.service IS NOT DISTINCT FROM profiled.service
    AND reported.build IS NOT DISTINCT FROM profiled.build
    AND (reported.package = profiled.package OR profiled.package = 'main')
  LEFT JOIN mains
    ON mains.service IS NOT DISTINCT FROM reported.service
    AND mains.build IS NOT DISTINCT FROM reported.build
    AND mains.package = reported.package
  LEFT JOIN shared
    ON shared.service IS NOT DISTINCT FROM reported.service
    AND shared.build IS NOT DISTINCT FROM reported.build
    AND shared.package = reported.package
    AND shared.folder = profiled.folder
  WHERE reported.package = profiled.package OR mains.package IS NOT NULL
)
SELECT service, build, package, folder, any_value(reported_package)
FROM (
  SELECT *
  FROM matched
  WHERE likeness IS NOT NULL
  QUALIFY likeness = MAX(likeness) OVER (PARTITION BY service, build, package, folder)
)
GROUP BY service, build, package, folder
HAVING COUNT(*) = 1
