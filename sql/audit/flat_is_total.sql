-- One row per profile and sample type whose functions' flat weights do not add up to its total; always empty.
--
-- Samples without a stack have no function and are taken off the total first.
--
-- key: profile_id, sample_type
CREATE VIEW audit.flat_is_total (
  -- The profile.
  profile_id,
  -- The sample type.
  sample_type,
  -- Total of the samples with a stack.
  total,
  -- Sum of the flat weights.
  flat
) AS
WITH totals AS (
  SELECT profile_id, sample_type, int64.clamp(SUM(value)) AS total
  FROM main.sample_value AS sample
  JOIN stack USING (stack_id)
  WHERE len(stack.location_ids) > 0
  GROUP BY profile_id, sample_type
),
flats AS (
  SELECT profile_id, sample_type, int64.clamp(SUM(flat)) AS flat
  FROM flame.flat_cum
  GROUP BY profile_id, sample_type
)
SELECT profile_id, sample_type, totals.total, coalesce(flats.flat, 0)
FROM totals
LEFT JOIN flats USING (profile_id, sample_type)
WHERE totals.total <> coalesce(flats.flat, 0)
