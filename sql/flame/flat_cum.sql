-- One row per profile, sample type and function: its weight at the leaf and anywhere on the stack.
--
-- The numbers of `go tool pprof -top`: a recursive function counts once per sample, functions are told apart by
-- name, and one whose weights are both zero is left out.
--
-- Of all profiles at once this is the largest view there is: some 1,450 rows a profile and sample type. Ask for profiles and a sample type: both
-- are passed down to the samples.
--
-- key: profile_id, sample_type, function
CREATE VIEW flame.flat_cum (
  -- The profile.
  profile_id,
  -- What was measured: inuse_space, alloc_objects, cpu.
  sample_type,
  -- Function; `[binary]` without a symbol, `<unknown>` without a mapping either.
  function,
  -- Weight of the samples that end in it, in the sample type's unit.
  flat,
  -- Weight of the samples that have it on their stack.
  cum
) AS
WITH weighed AS (
  SELECT profile_id, sample_type, stack_id, int64.clamp(SUM(value)) AS value
  FROM main.sample_value AS sample
  GROUP BY profile_id, sample_type, stack_id
  -- For no reader: the names of one profile are added up in a cache, those of all of them in turn are not, and fill the disk.
  ORDER BY profile_id
),
counted AS (
  SELECT
    weighed.profile_id,
    weighed.sample_type,
    unnest(counts.label_ids) AS label_id,
    weighed.value,
    counts.leaf_label_id
  FROM weighed
  JOIN flame._counted AS counts USING (stack_id)
),
summed AS (
  SELECT
    profile_id,
    sample_type,
    label_id,
    int64.clamp(SUM(CASE WHEN label_id = leaf_label_id THEN value ELSE 0 END)) AS flat,
    int64.clamp(SUM(value)) AS cum
  FROM counted
  GROUP BY profile_id, sample_type, label_id
)
SELECT profile_id, sample_type, label, flat, cum
FROM summed
JOIN stack_label USING (label_id)
WHERE flat <> 0 OR cum <> 0
