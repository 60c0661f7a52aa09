-- One row per series of heap profiles and stack: live bytes in one of its profiles less those in an earlier one.
--
-- As `heap._grown`, which is about the first and the last. A stack with no sample holds zero bytes; one without a change has no row.
--
-- key: series_id, stack_id
-- column series_id: The series.
-- column stack_id: Call stack.
-- column growth_bytes: Later minus earlier.
CREATE MACRO heap._grown_between(
  -- A list of {series_id, first_profile_id, last_profile_id}.
  ends
) AS TABLE
WITH sides AS (
  SELECT
    pair.series_id,
    unnest([pair.first_profile_id, pair.last_profile_id]) AS profile_id,
    unnest([-1, 1]) AS sign
  FROM (
    SELECT unnest(ends::STRUCT(series_id INTEGER, first_profile_id INTEGER, last_profile_id INTEGER)[]) AS pair
  )
)
SELECT sides.series_id, sample.stack_id, int64.clamp(SUM(sides.sign * sample.value::HUGEINT)) AS growth_bytes
FROM sides
JOIN main.sample_value AS sample USING (profile_id)
WHERE sample.sample_type = 'inuse_space'
GROUP BY sides.series_id, sample.stack_id
HAVING SUM(sides.sign * sample.value::HUGEINT) <> 0
ORDER BY sides.series_id, sample.stack_id
