-- One row per stack with CPU samples: what the runtime does at its leaf, and for whom.
--
-- Frames of the runtime from the leaf up to the first that is none are looked at; of their categories the one of the
-- lowest rank counts (`gc._category`). What the runtime calls in turn, a finalizer say, is the program's.
--
-- key: stack_id
CREATE VIEW gc._stack (
  -- Call stack.
  stack_id,
  -- As in `gc.cpu`.
  category,
  -- The function that is none of the runtime's nearest to the leaf; NULL when there is none.
  payer
) AS
WITH sampled AS (
  SELECT DISTINCT stack_id
  FROM main.sample_value AS sample
  JOIN profile USING (profile_id)
  WHERE profile.kind IN ('cpu', 'trace') AND sample.sample_type IN ('samples', 'cpu')
),
frames AS (
  SELECT
    stack_id,
    unnest(list_reverse(paths.label_ids)) AS label_id,
    unnest(range(len(paths.label_ids))) AS place
  FROM sampled
  JOIN stack_path AS paths USING (stack_id)
),
payers AS (
  SELECT
    frames.stack_id,
    arg_min(labels.label, frames.place) FILTER (categories.label_id IS NULL) AS payer,
    MIN(frames.place) FILTER (categories.label_id IS NULL) AS payer_place
  FROM frames
  JOIN stack_label AS labels USING (label_id)
  LEFT JOIN gc._category AS categories USING (label_id)
  GROUP BY frames.stack_id
)
SELECT
  sampled.stack_id,
  CASE
    WHEN payers.payer_place = 0 THEN 'program'
    -- Of a stack without frames, too.
    ELSE coalesce(arg_min(categories.category, categories.rank), 'other')
  END,
  payers.payer
FROM sampled
LEFT JOIN payers ON payers.stack_id = sampled.stack_id
LEFT JOIN frames ON frames.stack_id = sampled.stack_id AND frames.place < coalesce(payers.payer_place, 1000000)
LEFT JOIN gc._category AS categories ON categories.label_id = frames.label_id
GROUP BY sampled.stack_id, payers.payer_place, payers.payer
