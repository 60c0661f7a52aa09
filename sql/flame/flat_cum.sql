-- One row per profile, sample type and function: its weight at the leaf and anywhere on the stack.
--
-- The numbers of `go tool pprof -top`: a recursive function counts once per sample, functions are told apart by
-- name, and one whose weights are both zero is left out.
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
  SELECT profile_id, sample_type, node_index, int64.clamp(SUM(value)) AS value
  FROM sample
  JOIN stack_leaf USING (stack_id)
  GROUP BY profile_id, sample_type, node_index
),
summed AS (
  SELECT
    profile_id,
    sample_type,
    label_index,
    int64.clamp(SUM(CASE WHEN is_leaf THEN value ELSE 0 END)) AS flat,
    int64.clamp(SUM(value)) AS cum
  FROM weighed
  JOIN stack_function USING (node_index)
  GROUP BY profile_id, sample_type, label_index
)
SELECT profile_id, sample_type, label, flat, cum
FROM summed
JOIN stack_label USING (label_index)
WHERE flat <> 0 OR cum <> 0
