-- One row per service, build and package of a profile that a report of the same service and build speaks of.
--
-- A profile calls every main package `main`. It is the reported package that the executable says, or whose path is the
-- folder of the file (-trimpath), or that is called `main` too, or that ends like the folder, the more of it the better;
-- or of those which no function belongs to the one that has most of its files, half of them at least. Two that fit alike
-- are both left out.
--
-- key: service, build, package, folder
-- stored: by service, build
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
  reported_package,
  -- Name of that folder as the report has it, `.` for the one the build ran in; a file in a folder of another name is another
  -- package's, which the report tells of generic functions in where they are instantiated. NULL where it has no folder of the
  -- package on stacks: there the name of a file is all that tells.
  reported_folder
) AS
WITH reported AS (
  SELECT DISTINCT reports.service, reports.build, packages.package, string_split(packages.package, '/') AS names
  FROM escape_package AS packages
  JOIN escape_report AS reports USING (source_id)
),
-- Functions on stacks of the service and build itself, where there is a report.
seen AS (
  SELECT DISTINCT
    located.service,
    located.build,
    lines.package,
    regexp_extract(coalesce(lines.file, ''), '^(.*)[/\\]', 1) AS folder,
    regexp_replace(coalesce(lines.file, ''), '^.*[/\\]', '') AS base_name
  FROM (
    SELECT DISTINCT service, build, unnest(location_ids) AS location_id
    FROM (
      SELECT DISTINCT series.service, series.build, sample.stack_id
      FROM heap.series AS series
      JOIN heap.profiles AS heaps USING (series_id)
      JOIN sample USING (profile_id)
      WHERE EXISTS (
        FROM reported
        WHERE reported.service IS NOT DISTINCT FROM series.service
          AND reported.build IS NOT DISTINCT FROM series.build
      )
    )
    JOIN stack USING (stack_id)
  ) AS located
  JOIN stack._line AS lines USING (location_id)
  WHERE lines.package IS NOT NULL
),
profiled AS (
  SELECT DISTINCT service, build, package, folder, regexp_split_to_array(folder, '[/\\]') AS names
  FROM seen
),
told AS (
  SELECT DISTINCT service, build, main_package
  FROM binary_file
  WHERE main_package IS NOT NULL
),
mains AS (
  SELECT *
  FROM reported
  WHERE package = 'main'
    OR NOT EXISTS (
      FROM seen
      WHERE seen.package = reported.package
        AND seen.service IS NOT DISTINCT FROM reported.service
        AND seen.build IS NOT DISTINCT FROM reported.build
    )
),
main_files AS (
  SELECT service, build, folder, base_name, COUNT(*) OVER (PARTITION BY service, build, folder) AS files
  FROM seen
  WHERE package = 'main'
),
shared AS (
  SELECT files.service, files.build, files.package, main_files.folder, COUNT(DISTINCT files.base_name) AS files
  FROM attribution._file AS files
  JOIN main_files
    ON main_files.base_name = files.base_name
    AND main_files.service IS NOT DISTINCT FROM files.service
    AND main_files.build IS NOT DISTINCT FROM files.build
  GROUP BY files.service, files.build, files.package, main_files.folder, main_files.files
  HAVING COUNT(DISTINCT files.base_name) * 2 >= main_files.files
),
matched AS (
  SELECT
    profiled.service,
    profiled.build,
    profiled.package,
    profiled.folder,
    reported.package AS reported_package,
    CASE
      WHEN profiled.package = 'main' AND reported.package = told.main_package THEN 1003
      WHEN reported.package = profiled.folder THEN 1002
      WHEN reported.package = profiled.package THEN 1001
      WHEN reported.names[-1] = profiled.names[-1]
        -- How many of their last names are the same.
        THEN 100 + len(list_filter(
          range(1, len(reported.names) + 1), lambda n: reported.names[-n:] = profiled.names[-n:]
        ))
      WHEN shared.package IS NOT NULL THEN least(shared.files, 99)
    END AS likeness
  FROM profiled
  JOIN reported
    -- NULL labels are labels too.
    ON reported.service IS NOT DISTINCT FROM profiled.service
    AND reported.build IS NOT DISTINCT FROM profiled.build
    AND (reported.package = profiled.package OR profiled.package = 'main')
  LEFT JOIN told
    ON told.service IS NOT DISTINCT FROM reported.service
    AND told.build IS NOT DISTINCT FROM reported.build
    AND told.main_package = reported.package
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
),
best AS (
  SELECT service, build, package, folder, any_value(reported_package) AS reported_package
  FROM (
    SELECT *
    FROM matched
    WHERE likeness IS NOT NULL
    QUALIFY likeness = MAX(likeness) OVER (PARTITION BY service, build, package, folder)
  )
  GROUP BY service, build, package, folder
  HAVING COUNT(*) = 1
),
folders AS (
  SELECT DISTINCT service, build, package, folder_name
  FROM attribution._file
  -- What the compiler makes up lies in no folder.
  WHERE base_name <> '<autogenerated>'
),
-- Where the build ran in a package's own folder its files are told as `./x.go`, and those of no other package.
own_folders AS (
  SELECT service, build, package, MAX(folder_name) AS folder_name
  FROM folders
  WHERE folder_name IN ('', '.')
  GROUP BY service, build, package
)
SELECT
  best.service,
  best.build,
  best.package,
  best.folder,
  best.reported_package,
  CASE
    WHEN folders.folder_name IS NOT NULL THEN folders.folder_name
    WHEN COUNT(nullif(folders.folder_name, '')) OVER (
      PARTITION BY best.service, best.build, best.package, best.reported_package
    ) > 0 THEN coalesce(own_folders.folder_name, regexp_extract(best.folder, '[^/\\]*$'))
  END
FROM best
LEFT JOIN folders
  -- NULL labels are labels too.
  ON folders.service IS NOT DISTINCT FROM best.service
  AND folders.build IS NOT DISTINCT FROM best.build
  AND folders.package = best.reported_package
  AND folders.folder_name = regexp_extract(best.folder, '[^/\\]*$')
LEFT JOIN own_folders
  ON own_folders.service IS NOT DISTINCT FROM best.service
  AND own_folders.build IS NOT DISTINCT FROM best.build
  AND own_folders.package = best.reported_package
