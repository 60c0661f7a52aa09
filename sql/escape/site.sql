-- One row per service, build and verdict of the compiler, whichever spellings of the report it was read from.
--
-- Verdicts that something stays on the stack are rows too; `kind` tells.
--
-- key: service, build, escape_site_id
-- stored: by service, build
CREATE VIEW escape.site (
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
  -- Its base name, which all spellings share.
  base_name,
  -- Line of the outermost call after inlining.
  line,
  -- Byte column; 0 when the report has none.
  "column",
  -- moved_to_heap, escapes, does_not_escape, leaking_param, leaking_param_content, leaking_param_to_result or zero_copy.
  kind,
  -- The compiler's rendering of what escapes.
  expression,
  -- The verdict's own words.
  message,
  -- Function it lies in; NULL where no report names it.
  function,
  -- For a parameter: dereferences from the result or the heap to what leaks.
  level,
  -- It says that something is allocated on the heap.
  is_on_heap,
  -- A JSON log tells whether it was inlined here, and from where.
  has_inline_chain,
  -- Base names and lines the expression itself stands at, one for each function it was inlined from; NULL when it
  -- was not inlined or no JSON log tells.
  inner_places
) AS
WITH deepest AS (
  SELECT
    source_id,
    escape_site_id,
    {
      'base_name': arg_max(regexp_replace(file, '^.*[/\\]', ''), depth),
      'line': arg_max(line, depth)
    } AS place
  FROM escape_inline
  GROUP BY source_id, escape_site_id, chain
),
inner_places AS (
  SELECT source_id, escape_site_id, list_sort(list(DISTINCT place)) AS places
  FROM deepest
  GROUP BY source_id, escape_site_id
)
SELECT
  escape_site_id,
  reports.service,
  reports.build,
  any_value(sites.package),
  any_value(sites.file),
  any_value(regexp_replace(sites.file, '^.*[/\\]', '')),
  any_value(sites.line),
  any_value(sites.column),
  any_value(sites.kind),
  any_value(sites.expression),
  any_value(sites.message),
  any_value(sites.function),
  any_value(sites.level),
  any_value(sites.kind) IN ('moved_to_heap', 'escapes'),
  bool_or(reports.spelling = 'json'),
  any_value(inner_places.places)
FROM escape_site AS sites
JOIN escape_report AS reports USING (source_id)
LEFT JOIN inner_places USING (source_id, escape_site_id)
GROUP BY escape_site_id, reports.service, reports.build
