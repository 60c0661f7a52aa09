-- One row per distinct list of functions in some profiles and one sample type, heaviest first: what `heapscape flame --format folded` writes.
--
-- key: functions
-- column functions: Functions, root first; without those of frames that have no symbol.
-- column value: Weight of the samples with these, in the sample type's unit.
CREATE MACRO flame.folded(
  -- Ids of the profiles whose weights are added up.
  profile_ids,
  -- What was measured: inuse_space, cpu.
  wanted_type
) AS TABLE
WITH weighed AS (
  SELECT stack_id, int64.clamp(SUM(value)) AS value
  FROM main.sample_value AS sample
  WHERE sample_type = wanted_type AND list_contains(profile_ids, profile_id)
  GROUP BY stack_id
),
named AS (
  SELECT
    stack_id,
    any_value(value) AS value,
    coalesce(list(frames.function ORDER BY frames.position DESC) FILTER (frames.function IS NOT NULL), []) AS functions
  FROM weighed
  LEFT JOIN stack.frames AS frames USING (stack_id)
  GROUP BY stack_id
)
SELECT functions, int64.clamp(SUM(value)) AS value
FROM named
GROUP BY functions
HAVING SUM(value) <> 0
ORDER BY value DESC, functions
