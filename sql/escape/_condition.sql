-- One row per verdict that does not settle it: what decides whether something goes to the heap.
--
-- Sizes are those of Go 1.22 to 1.27: the runtime's own for maps, strings and bytes, since 1.25 the compiler's for makes of
-- variable size and appends.
--
-- key: service, build, escape_site_id
CREATE VIEW escape._condition (
  -- The verdict.
  escape_site_id,
  -- From labels of the report; NULL without one.
  service,
  -- From labels of the report; NULL without one.
  build,
  -- `argument`, `content`, `result` or `size`, as in `escape.level`.
  condition,
  -- Of one that size decides, the kind of call (`call_site.kind`) that puts it on the heap; NULL for others.
  call_kinds
) AS
WITH aliased AS (
  -- A conversion that another verdict says is none: bytes that nobody writes to are the string's.
  SELECT DISTINCT service, build, package, file, line, "column", TRUE AS is_alias
  FROM escape.site
  WHERE kind = 'zero_copy' AND "column" > 0
),
sites AS (
  SELECT
    sites.escape_site_id,
    sites.service,
    sites.build,
    sites.kind,
    CASE
      WHEN sites.kind <> 'does_not_escape' OR aliased.is_alias THEN NULL
      WHEN regexp_matches(sites.expression, '^append(\(|$)') THEN ['append']
      WHEN regexp_matches(sites.expression, '^(make\(map\[|map\[)') THEN ['map', 'map_growth']
      WHEN regexp_matches(sites.expression, '^(string|\(?\[\](byte|rune|uint8|int32)\)?)\(')
        THEN ['conversion', 'concatenation']
      WHEN regexp_matches(sites.expression, '^make\(\[\].*\)$') AND NOT regexp_matches(sites.expression, ', \d+\)$')
        THEN ['make']
      -- Of strings that are joined; all else that has spaces has braces or is a call.
      WHEN contains(sites.expression, ' + ') AND NOT regexp_matches(sites.expression, '^(&|make\(|new\()')
        THEN ['concatenation']
    END AS call_kinds
  FROM escape.site AS sites
  LEFT JOIN aliased
    -- NULL labels are labels too.
    ON aliased.service IS NOT DISTINCT FROM sites.service
    AND aliased.build IS NOT DISTINCT FROM sites.build
    AND aliased.package IS NOT DISTINCT FROM sites.package
    AND aliased.file = sites.file
    AND aliased.line = sites.line
    AND aliased.column = sites.column
  WHERE sites.kind NOT IN ('escapes', 'moved_to_heap', 'zero_copy')
)
SELECT
  escape_site_id,
  service,
  build,
  CASE kind
    WHEN 'leaking_param' THEN 'argument'
    WHEN 'leaking_param_content' THEN 'content'
    WHEN 'leaking_param_to_result' THEN 'result'
    ELSE 'size'
  END,
  call_kinds
FROM sites
WHERE kind <> 'does_not_escape' OR call_kinds IS NOT NULL
