-- One row per escape report whose compiler is not the one that built any executable of its service and build.
--
-- The compiler's verdicts change between releases, so such a report gives wrong reasons on right lines. Only the JSON log says
-- which compiler wrote it, and a report of other sources or flags does not show.
--
-- key: source_id
CREATE VIEW attribution.report_of_another_build (
  -- The report.
  source_id,
  -- From labels; NULL without one.
  service,
  -- From labels; NULL without one.
  build,
  -- Version of the compiler that wrote it.
  go_version,
  -- Versions of Go that the executables with its labels were built with.
  binary_go_versions
) AS
SELECT
  reports.source_id,
  any_value(reports.service),
  any_value(reports.build),
  any_value(reports.go_version),
  list_sort(list(DISTINCT binary_file.go_version))
FROM escape_report AS reports
JOIN binary_file
  -- NULL labels are labels too.
  ON binary_file.service IS NOT DISTINCT FROM reports.service
  AND binary_file.build IS NOT DISTINCT FROM reports.build
  AND binary_file.go_version IS NOT NULL
WHERE reports.go_version IS NOT NULL
GROUP BY reports.source_id
-- Experiments stand behind the version: `go1.27.3 X:jsonv2`.
HAVING NOT bool_or(string_split(binary_file.go_version, ' ')[1] = string_split(reports.go_version, ' ')[1])
