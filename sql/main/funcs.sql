-- The functions of a stack, leaf first, inlining unfolded: `funcs(stack_id)`.
--
-- Names as flame graphs show them. An empty stack, and one that is not there, has none.
CREATE FUNCTION main.funcs(
  -- A stack_id.
  of_stack
) AS
coalesce((
  SELECT list(names.label ORDER BY frames.place DESC)
  FROM (
    SELECT unnest(paths.label_ids) AS label_id, generate_subscripts(paths.label_ids, 1) AS place
    FROM stack_path AS paths
    WHERE paths.stack_id = of_stack
  ) AS frames
  JOIN stack_label AS names ON names.label_id = frames.label_id
), [])
