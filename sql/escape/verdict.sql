-- One row per service, build and verdict of the compiler, with why: what `heapscape escapes` asks.
--
-- key: service, build, escape_site_id
CREATE VIEW escape.verdict (
  -- The verdict.
  escape_site_id,
  -- From labels of the report; NULL without one.
  service,
  -- From labels of the report; NULL without one.
  build,
  -- Import path; `main` where only a JSON log tells; NULL where the report has no package header.
  package,
  -- File as a report spells it.
  file,
  -- Line of the outermost call after inlining.
  line,
  -- Byte column; 0 when the report has none.
  "column",
  -- moved_to_heap, escapes, does_not_escape, leaking_param, leaking_param_content, leaking_param_to_result or zero_copy.
  kind,
  -- The compiler's rendering of what escapes.
  expression,
  -- Why it is on the heap, in one sentence; of what is not, the verdict's own words.
  reason,
  -- What its line is called, each alone, with `:line` and with `:line:column`: by the report's file, by that without versions
  -- of modules, by import path and base name, as profiles spell it whose report says `./main.go`.
  places,
  -- It says that something is allocated on the heap.
  is_on_heap
) AS
SELECT
  sites.escape_site_id,
  sites.service,
  sites.build,
  sites.package,
  sites.file,
  sites.line,
  sites.column,
  sites.kind,
  sites.expression,
  coalesce(reasons.reason, sites.message),
  flatten([
    spelled.files,
    list_transform(spelled.files, lambda name: concat(name, ':', sites.line)),
    list_transform(spelled.files, lambda name: concat(name, ':', sites.line, ':', sites.column))
  ]),
  sites.is_on_heap
FROM escape.site AS sites
CROSS JOIN LATERAL (
  SELECT [
      sites.file,
      regexp_replace(sites.file, '@v[^/]*', '', 'g'),
      concat(sites.package, '/', parse_filename(sites.file))
    ] AS files
) AS spelled
LEFT JOIN escape.reason AS reasons
  -- NULL labels are labels too.
  ON reasons.escape_site_id = sites.escape_site_id
  AND reasons.service IS NOT DISTINCT FROM sites.service
  AND reasons.build IS NOT DISTINCT FROM sites.build
