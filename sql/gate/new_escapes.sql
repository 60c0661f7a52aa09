-- One row per escape that a build has and the one before has not, as `gate.judged` has its rows; one that says so where there is none.
--
-- What no series tells the cost of is uncertain, unless any new escape fails.
--
-- key: service, file, line, reason
-- column checked: `new_escapes`.
-- column side: `most`.
-- column service: From labels; NULL without one.
-- column build: The build after.
-- column value: Bytes that are live, or allocated a second; NULL when no series tells, 0 where no escape is new.
-- column low: The same: it has no interval.
-- column high: The same.
-- column unit: bytes or bytes/s.
-- column threshold: The most that it may be; NULL when any fails.
-- column verdict: `ok`, `breach` or `uncertain`.
-- column expression: The compiler's rendering of what escapes; NULL where no escape is new.
-- column file: As a profile built with -trimpath spells it.
-- column line: Line in the build after.
-- column reason: What the compiler says.
CREATE MACRO gate.new_escapes(
  -- Build before, as labels name it.
  build_before,
  -- Build after.
  build_after,
  -- Bytes from which on it fails; NULL when any does.
  least,
  -- By the bytes allocated a second, and not those that are live.
  is_rate := false,
  -- Of this service alone.
  of_service := NULL
) AS TABLE
WITH found AS (
  SELECT *, CASE WHEN is_rate THEN alloc_bytes_per_s ELSE live_bytes END::DOUBLE AS value
  FROM gate.escapes(build_before, build_after)
  WHERE of_service IS NULL OR service = of_service
),
told AS (
  SELECT
    service,
    value,
    expression,
    file,
    line,
    CASE kind WHEN 'moved_to_heap' THEN 'moved to heap: ' || expression ELSE expression || ' escapes to heap' END
      AS reason,
    CASE
      WHEN least IS NULL OR value > least THEN 'breach'
      WHEN value IS NULL THEN 'uncertain'
      ELSE 'ok'
    END AS verdict
  FROM found
  UNION ALL
  SELECT of_service, 0, NULL, NULL, NULL, NULL, 'ok'
  WHERE NOT EXISTS (FROM found)
)
SELECT
  'new_escapes' AS checked,
  'most' AS side,
  service,
  build_after AS build,
  value,
  value AS low,
  value AS high,
  CASE WHEN is_rate THEN 'bytes/s' ELSE 'bytes' END AS unit,
  least::DOUBLE AS threshold,
  verdict,
  expression,
  file,
  line,
  reason
FROM told
ORDER BY list_position(['breach', 'uncertain', 'ok'], verdict), value DESC NULLS LAST, file, line, reason
