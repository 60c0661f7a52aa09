-- One row per escape that is new in a build, with what it costs in production there, as `gate.measure` has its rows.
--
-- What moved to another line is not new. Live bytes are of the last heap profiles of the build; an escape that no
-- series tells of
-- has a cost of NULL.
--
-- key: service, package, base_name, kind, expression, line, column
-- column service: From labels of the reports; NULL without one.
-- column build: The build after.
-- column package: Import path; `main` where only a JSON log tells.
-- column base_name: File's base name.
-- column file: Both, as a profile built with -trimpath spells a file.
-- column line: Line in the build after.
-- column column: Byte column there.
-- column kind: moved_to_heap or escapes.
-- column expression: The compiler's rendering of what escapes.
-- column live_bytes: What of it is live in the last profiles of the build; NULL when no series tells.
-- column alloc_bytes_per_s: What it allocates in production, over all series; NULL when no series tells.
CREATE MACRO gate.escapes(
  -- Build before, as labels name it.
  build_before,
  -- Build after.
  build_after
) AS TABLE
SELECT
  service,
  build_after AS build,
  package,
  base_name,
  concat_ws('/', package, base_name) AS file,
  line_after AS line,
  column_after AS "column",
  kind,
  expression,
  live_bytes_after AS live_bytes,
  alloc_bytes_per_s_after AS alloc_bytes_per_s
FROM escape.diff(build_before, build_after)
WHERE change = 'added'
