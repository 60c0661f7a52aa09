-- One row per stack with a name on it: the names its weight counts for.
--
-- key: stack_id
CREATE VIEW flame._counted (
  -- The stack.
  stack_id,
  -- Each name on it once, as numbered in stack_label: a recursive function counts once.
  label_ids,
  -- The name at its leaf, which its weight is the flat weight of.
  leaf_label_id
) AS
SELECT stack_id, coalesce(distinct_label_ids, label_ids), label_ids[-1]
FROM stack_path
WHERE len(label_ids) > 0
