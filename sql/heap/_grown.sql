-- One row per series of heap profiles and stack: live bytes in its last profile less those in its first.
--
-- A stack with no sample holds zero bytes there. A series of one profile has no row, nor has a stack without a change.
--
-- key: series_id, stack_id
CREATE VIEW heap._grown (
  -- The series.
  series_id,
  -- Call stack.
  stack_id,
  -- Last minus first.
  growth_bytes
) AS
WITH ends AS (
  SELECT series_id, first_profile_id AS profile_id, -1 AS sign FROM heap.series WHERE profiles > 1
  UNION ALL
  SELECT series_id, last_profile_id, 1 FROM heap.series WHERE profiles > 1
)
SELECT ends.series_id, sample.stack_id, int64.clamp(SUM(ends.sign * sample.value::HUGEINT))
FROM ends
-- Of samples and not of sums of them, so that those of a few profiles are read for a few series.
JOIN main.sample_value AS sample USING (profile_id)
WHERE sample.sample_type = 'inuse_space'
GROUP BY ends.series_id, sample.stack_id
HAVING SUM(ends.sign * sample.value::HUGEINT) <> 0
