-- One row per service, build, package and file that a report says anything of.
--
-- key: service, build, package, base_name, folder_name
-- stored: by service, build
CREATE VIEW attribution._file (
  -- From labels of the report; NULL without one.
  service,
  -- From labels of the report; NULL without one.
  build,
  -- Package as the report names it.
  package,
  -- File's base name.
  base_name,
  -- Name of the folder it is in, as far as the report tells.
  folder_name
) AS
WITH spoken_of AS (
  SELECT source_id, package, file FROM escape_site
  UNION ALL
  SELECT source_id, package, file FROM inlined_call
)
SELECT DISTINCT
  reports.service,
  reports.build,
  spoken_of.package,
  regexp_replace(spoken_of.file, '^.*[/\\]', ''),
  regexp_extract(spoken_of.file, '([^/\\]+)[/\\][^/\\]*$', 1)
FROM spoken_of
JOIN escape_report AS reports USING (source_id)
