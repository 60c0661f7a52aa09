-- One row per line, expression and verdict that puts it on the heap or may: what it costs, over all builds and series; what the page of escapes asks.
--
-- key: package, place, expression, certainty, reason
-- column live_bytes: Live bytes in the last profiles; NULL when no series tells.
-- column alloc_bytes_per_s: Bytes allocated a second; NULL without two moments.
-- column package: Import path; `main` where only a JSON log tells.
-- column place: `file:line`, by the file's base name.
-- column expression: The compiler's rendering of what escapes.
-- column certainty: `certain` or `conditional`, as in `escape.level`.
-- column reason: Why, in one sentence.
CREATE MACRO escape.heaviest(
  -- Of this service alone.
  of_service := NULL,
  -- Of this build alone.
  of_build := NULL
) AS TABLE
SELECT
  int64.clamp(SUM(live_bytes)) AS live_bytes,
  SUM(alloc_bytes_per_s) AS alloc_bytes_per_s,
  package,
  base_name || ':' || line AS place,
  expression,
  certainty,
  reason
FROM escape.level
WHERE certainty IN ('certain', 'conditional')
  AND (of_service IS NULL OR service = of_service)
  AND (of_build IS NULL OR build = of_build)
GROUP BY ALL
ORDER BY live_bytes DESC NULLS LAST, package, place, expression, certainty, reason
