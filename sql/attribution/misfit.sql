-- One row per escape report or executable that is not of the build that its labels name.
--
-- The compiler's verdicts change between releases, so a report of another one gives wrong reasons on right lines. Only
-- the JSON log says which compiler wrote it; a report of other sources or flags does not show. An executable that fits
-- no profile is no evidence, and is left aside.
--
-- key: source_id
CREATE VIEW attribution.misfit (
  -- The file.
  source_id,
  -- From labels; NULL without one.
  service,
  -- From labels; NULL without one.
  build,
  -- report or executable.
  kind,
  -- What shows it, in words.
  reason
) AS
WITH reports AS (
  SELECT
    reports.source_id,
    any_value(reports.service) AS service,
    any_value(reports.build) AS build,
    'report' AS kind,
    'was written by the compiler of ' || any_value(reports.go_version) || ', and the executable is of '
      || array_to_string(list_sort(list(DISTINCT binary_file.go_version)), ' and ')
      || ': its reasons may be wrong' AS reason
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
),
executables AS (
  SELECT
    source_id,
    service,
    build,
    'executable' AS kind,
    'fits no heap profile with its labels, and is left aside: give the one that ran' AS reason
  FROM binary_file
  WHERE EXISTS (
      FROM heap.series
      WHERE heap.series.service IS NOT DISTINCT FROM binary_file.service
        AND heap.series.build IS NOT DISTINCT FROM binary_file.build
    )
    AND NOT EXISTS (FROM mapping WHERE mapping.build_id = binary_file.build_id)
    AND NOT EXISTS (FROM attribution._call WHERE attribution._call.source_id = binary_file.source_id)
)
SELECT source_id, service, build, kind, reason FROM reports
UNION ALL
SELECT source_id, service, build, kind, reason FROM executables
