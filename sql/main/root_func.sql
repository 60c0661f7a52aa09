-- The function where the stack begins: a goroutine's entry; NULL for an empty stack: `root_func(stack_id)`.
--
-- The name as flame graphs show it, inlining unfolded.
CREATE FUNCTION main.root_func(
  -- A stack_id.
  of_stack
) AS
(
  SELECT names.label
  FROM stack_path AS paths
  JOIN stack_label AS names ON names.label_id = paths.label_ids[1]
  WHERE paths.stack_id = of_stack
)
