-- One row per verdict that puts something on the heap, with what its words tell of the objects' size.
--
-- Constants converted to interfaces live in the binary and are left out.
--
-- key: service, build, escape_site_id
-- stored: on load
CREATE VIEW attribution._record (
  -- The verdict.
  escape_site_id,
  -- From labels of the report; NULL without one.
  service,
  -- From labels of the report; NULL without one.
  build,
  -- Import path; `main` where only a JSON log tells.
  package,
  -- File's base name.
  base_name,
  -- Line of the outermost call after inlining.
  line,
  -- moved_to_heap or escapes.
  kind,
  -- The compiler's rendering of what escapes.
  expression,
  -- The same without package qualifiers, which differ between a function and the place it is inlined at.
  bare_expression,
  -- The verdict stands at a call that was inlined, so its expression is from the inlined function.
  is_from_inlined,
  -- Functions inlined at its position, as the report names them.
  called_functions,
  -- A JSON log tells whether it was inlined here, and from where.
  has_inline_chain,
  -- Base name of the file the expression itself stands in.
  inner_base_name,
  -- Line the expression itself stands on.
  inner_line,
  -- Objects of one record can differ in size: append, strings, a make of variable size.
  is_variable_size,
  -- Bytes of the slot its objects take, where the expression gives a constant size; NULL otherwise.
  slot_bytes,
  -- Bytes asked for, where the expression gives a constant size; NULL otherwise.
  constant_bytes
) AS
WITH calls AS (
  SELECT
    reports.service,
    reports.build,
    inlined.package,
    regexp_replace(inlined.file, '^.*[/\\]', '') AS base_name,
    inlined.line,
    inlined.column,
    list(DISTINCT inlined.function) AS functions
  FROM inlined_call AS inlined
  JOIN escape_report AS reports USING (source_id)
  GROUP BY ALL
),
sized AS (
  SELECT
    *,
    -- make([]byte, 200), new([4000]int64): primitive elements, no pointers, so no header in the slot.
    int64.clamp(TRY_CAST(regexp_extract(expression, '^(?:make\(\[\]\w+, |new\(\[)(\d+)', 1) AS BIGINT)::HUGEINT
    * CASE regexp_extract(expression, '^(?:make\(\[\](\w+), \d+\)$|new\(\[\d+\](\w+)\)$)', 1)
      || regexp_extract(expression, '^(?:make\(\[\](\w+), \d+\)$|new\(\[\d+\](\w+)\)$)', 2)
      WHEN 'byte' THEN 1
      WHEN 'uint8' THEN 1
      WHEN 'int8' THEN 1
      WHEN 'bool' THEN 1
      WHEN 'int16' THEN 2
      WHEN 'uint16' THEN 2
      WHEN 'int32' THEN 4
      WHEN 'uint32' THEN 4
      WHEN 'rune' THEN 4
      WHEN 'float32' THEN 4
      WHEN 'int' THEN 8
      WHEN 'uint' THEN 8
      WHEN 'int64' THEN 8
      WHEN 'uint64' THEN 8
      WHEN 'float64' THEN 8
    END) AS constant_bytes
  FROM escape.site
  WHERE is_on_heap AND NOT regexp_matches(expression, '^("|`|''|-?\d|true$|false$|nil$)')
)
SELECT
  sized.escape_site_id,
  sized.service,
  sized.build,
  sized.package,
  sized.base_name,
  sized.line,
  sized.kind,
  sized.expression,
  regexp_replace(sized.expression, '\b\w+\.', '', 'g'),
  calls.functions IS NOT NULL OR coalesce(sized.inner_line IS NOT NULL, false),
  coalesce(calls.functions, []),
  sized.has_inline_chain,
  sized.inner_base_name,
  sized.inner_line,
  regexp_matches(sized.expression, '^(append|string\(|\[\](byte|rune)\(|\(\[\]|map\[|\.\.\. argument)')
  OR contains(sized.expression, ' + ')
  OR (starts_with(sized.expression, 'make(') AND sized.constant_bytes IS NULL),
  CASE
    WHEN sized.constant_bytes > 32768 THEN int64.clamp((sized.constant_bytes::HUGEINT + 8191) // 8192 * 8192)
    ELSE (SELECT MIN(object_bytes) FROM attribution._size_class WHERE object_bytes >= sized.constant_bytes)
  END,
  sized.constant_bytes
FROM sized
LEFT JOIN calls
  -- NULL labels are labels too.
  ON calls.service IS NOT DISTINCT FROM sized.service
  AND calls.build IS NOT DISTINCT FROM sized.build
  AND calls.package IS NOT DISTINCT FROM sized.package
  AND calls.base_name = sized.base_name
  AND calls.line = sized.line
  AND calls.column = sized.column
  -- A build with -C has no columns, and then nothing is known.
  AND calls.column > 0
