-- A whole number held within 64 bits: what lies beyond is the nearest end, and NULL stays NULL.
--
-- Files may say anything, and no answer may fail for it: sums and differences of what they say are taken in HUGEINT, which
-- holds them, and come back through this. A figure at either end of BIGINT therefore means "so much or more".
CREATE FUNCTION int64.clamp(
  -- Any integer.
  number
) AS
coalesce(
  TRY_CAST(number AS BIGINT),
  CASE WHEN number > 0 THEN 9223372036854775807 WHEN number < 0 THEN -9223372036854775808 END
)
