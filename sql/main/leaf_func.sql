-- The function where the stack ends: the innermost function; NULL for an empty stack: `leaf_func(stack_id)`.
--
-- The name as flame graphs show it, inlining unfolded.
CREATE FUNCTION main.leaf_func(
  -- A stack_id.
  of_stack
) AS
(
  SELECT names.label
  FROM stack_path AS paths
  JOIN stack_label AS names ON names.label_id = paths.label_ids[-1]
  WHERE paths.stack_id = of_stack
)
