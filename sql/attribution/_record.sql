-- One row per verdict that puts something on the heap, with what its words tell of the objects.
--
-- Whole literals converted to interfaces live in the binary, and slices without elements nowhere, those made of an empty
-- text included; they are left out.
--
-- key: service, build, escape_site_id
-- stored: by service, build
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
  -- Name of the folder the file is in, as far as the report tells; the report of a package speaks of other packages'
  -- files where it instantiates their generic functions.
  folder_name,
  -- Function it lies in, as the report names it; NULL where no report does.
  function,
  -- Line of the outermost call after inlining.
  line,
  -- Byte column; 0 when the report has none.
  "column",
  -- moved_to_heap or escapes.
  kind,
  -- The compiler's rendering of what escapes.
  expression,
  -- The same without package qualifiers, which differ between a function and the place it is inlined at.
  bare_expression,
  -- What stays of it where constants take the place of parameters: `make([]byte`, `string(`, `+`; else the same.
  form,
  -- The kinds of call (`call_site.kind`) that it can compile to.
  call_kinds,
  -- The type its words name, without package and type arguments: of `&T{}`, `new(T)`, `make([]T, n)`; NULL without one.
  type_name,
  -- The verdict stands at a call that was inlined, so its expression is from the inlined function.
  is_from_inlined,
  -- Though it stands at a call that was inlined, the caller's code allocates: for what the call is given, for what is
  -- made of its result, and for a variable of the inlined function, which becomes one of the caller's.
  is_of_caller,
  -- Functions inlined at its position, as the report names them.
  called_functions,
  -- A JSON log tells whether it was inlined here, and from where.
  has_inline_chain,
  -- Base names and lines the expression itself stands at; NULL when it was not inlined or no JSON log tells.
  inner_places,
  -- Its objects can differ in size: append, maps, strings, conversions, a make of variable size.
  is_variable_size,
  -- Length that a make is given as a constant, of its capacity; NULL otherwise.
  elements,
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
allocating AS (
  SELECT *, regexp_replace(expression, '\b\w+\.', '', 'g') AS bare_expression
  FROM escape.site
  WHERE is_on_heap
    AND NOT regexp_matches(expression, '^(go\.shape\.)?\[\].*\{\}$|^\(?\[\](byte|rune|uint8|int32)\)?\((""|``)\)$')
    -- A literal is all there is: `"a" + s` begins like one.
    AND NOT regexp_full_match(
      expression,
      '"([^"\\]|\\.)*"|`[^`]*`|''([^''\\]|\\.)+''|[-+]?(0[xXoObB])?[0-9][0-9a-fA-F_]*(\.[0-9_]*)?([eEpP][-+]?[0-9]+)?i?|true|false|nil'
    )
),
parsed AS (
  SELECT
    *,
    CASE
      WHEN kind = 'moved_to_heap' THEN ['new']
      WHEN regexp_matches(expression, '^append(\(|$)') THEN ['append', 'move', 'boxing']
      WHEN contains(expression, ' + ') AND NOT regexp_matches(expression, '^(make\(|func literal)') THEN CASE
        -- What is joined last, not what a conversion or an index is given.
        WHEN contains(
          regexp_replace(
            regexp_replace(
              regexp_replace(expression, '[\[(][^\[\]()]*[\])]', '', 'g'), '[\[(][^\[\]()]*[\])]', '', 'g'
            ),
            '[\[(][^\[\]()]*[\])]', '', 'g'
          ),
          ' + '
        ) THEN ['concatenation', 'boxing']
        ELSE ['concatenation', 'conversion', 'boxing', 'new']
      END
      WHEN regexp_matches(expression, '^(&|new\(|func literal|\.\.\. argument)') THEN ['new']
      WHEN regexp_matches(expression, '^map\[.*\}$') THEN ['map', 'map_growth']
      -- A named type may be a map.
      WHEN regexp_matches(expression, '^\[.*\}$') THEN ['new', 'boxing']
      WHEN regexp_matches(expression, '^[\w./]+(\[.*\])?\{.*\}$') THEN ['new', 'boxing', 'map', 'map_growth']
      WHEN starts_with(expression, 'make([]') THEN ['make', 'new', 'boxing']
      WHEN starts_with(expression, 'make(map[') THEN ['map']
      WHEN starts_with(expression, 'make(') THEN ['make', 'new', 'boxing', 'map']
      WHEN starts_with(expression, 'string(') THEN ['conversion', 'boxing']
      -- Of a concatenation it is one step, of a constant a new.
      WHEN regexp_matches(expression, '^\(?\[\](byte|rune|uint8|int32)\)?\(')
        THEN ['conversion', 'concatenation', 'boxing', 'new']
      -- A method value.
      WHEN regexp_matches(expression, '\.\w+$') THEN ['boxing', 'new']
      -- A conversion to a named type, which may be one of strings or bytes.
      WHEN ends_with(expression, ')') THEN ['boxing', 'conversion', 'concatenation']
      -- What is converted to an interface.
      ELSE ['boxing']
    END AS call_kinds,
    coalesce(
      nullif(regexp_extract(bare_expression, '^&([\w]+)(\[.*\])?\{.*\}$', 1), ''),
      nullif(regexp_extract(bare_expression, '^new\((\w+)(\[.*\])?\)$', 1), ''),
      nullif(regexp_extract(bare_expression, '^make\(\[\]\*?(\w+)(\[.*\])?, ', 1), '')
    ) AS type_name,
    TRY_CAST(regexp_extract(expression, '^make\(\[\].+, (\d+)\)$', 1) AS BIGINT) AS elements,
    coalesce(
      nullif(regexp_extract(expression, '^make\(\[\](\w+), (\d+, )?\d+\)$', 1), ''),
      nullif(regexp_extract(expression, '^new\(\[\d+\](\w+)\)$', 1), '')
    ) AS element_type
  FROM allocating
),
sized AS (
  SELECT
    *,
    -- make([]byte, 200), new([4000]int64): what Go has sizes of its own for.
    int64.clamp(
      coalesce(elements, TRY_CAST(regexp_extract(expression, '^new\(\[(\d+)\]', 1) AS BIGINT))::HUGEINT
      * CASE
        WHEN element_type IN ('byte', 'uint8', 'int8', 'bool') THEN 1
        WHEN element_type IN ('int16', 'uint16') THEN 2
        WHEN element_type IN ('int32', 'uint32', 'rune', 'float32') THEN 4
        WHEN element_type IN ('int', 'uint', 'int64', 'uint64', 'float64', 'uintptr') THEN 8
      END
    ) AS constant_bytes
  FROM parsed
)
SELECT
  sized.escape_site_id,
  sized.service,
  sized.build,
  sized.package,
  sized.base_name,
  regexp_extract(sized.file, '([^/\\]+)[/\\][^/\\]*$', 1),
  sized.function,
  sized.line,
  sized.column,
  sized.kind,
  sized.expression,
  sized.bare_expression,
  CASE
    WHEN sized.kind = 'moved_to_heap' THEN sized.bare_expression
    WHEN starts_with(sized.expression, 'make(') THEN regexp_extract(sized.bare_expression, '^make\([^,]*')
    WHEN contains(sized.expression, ' + ') AND list_contains(sized.call_kinds, 'concatenation') THEN '+'
    WHEN regexp_matches(sized.expression, '^(string|\(?\[\](byte|rune|uint8|int32)\)?)\(')
      THEN regexp_extract(sized.bare_expression, '^[^(]*\(')
    ELSE sized.bare_expression
  END,
  sized.call_kinds,
  sized.type_name,
  calls.functions IS NOT NULL OR sized.inner_places IS NOT NULL,
  sized.kind = 'moved_to_heap' OR regexp_matches(sized.expression, '^(\.\.\. argument|func literal)$|~r\d'),
  coalesce(calls.functions, []),
  sized.has_inline_chain,
  sized.inner_places,
  sized.kind = 'escapes'
  AND sized.elements IS NULL
  AND sized.call_kinds <> ['new']
  AND regexp_matches(sized.expression, '^(append$|map\[.*\.\.\.\}$|make\()| \+ |\('),
  sized.elements,
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
