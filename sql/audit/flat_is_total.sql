-- One row per profile and sample type whose functions' flat weights do not add up to its total; always empty.
--
-- Samples without a stack have no function and are taken off the total first. What `flame.flat_cum` counts a stack for is looked at once a
-- stack, and not in all of its rows.
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
WITH flats AS (
  SELECT counts.stack_id
  FROM flame._counted AS counts
  JOIN stack_label AS names ON names.label_id = counts.leaf_label_id
  WHERE list_contains(counts.label_ids, counts.leaf_label_id)
)
SELECT
  sample.profile_id,
  sample.sample_type,
  int64.clamp(SUM(sample.value)) AS total,
  int64.clamp(coalesce(SUM(sample.value) FILTER (flats.stack_id IS NOT NULL), 0)) AS flat
FROM main.sample_value AS sample
JOIN stack USING (stack_id)
LEFT JOIN flats USING (stack_id)
WHERE len(stack.location_ids) > 0
GROUP BY sample.profile_id, sample.sample_type
HAVING total <> flat
