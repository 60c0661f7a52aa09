-- The function of a stack nearest its leaf that is not the standard library's; NULL without one: `user_frame(stack_id)`.
--
-- Who is to blame for an allocation in fmt. Binaries without symbols are no functions.
CREATE FUNCTION main.user_frame(
  -- A stack_id.
  of_stack
) AS
(
  SELECT arg_max(names.label, frames.place)
  FROM (
    SELECT unnest(paths.label_ids) AS label_id, generate_subscripts(paths.label_ids, 1) AS place
    FROM stack_path AS paths
    WHERE paths.stack_id = of_stack
  ) AS frames
  JOIN stack_label AS names ON names.label_id = frames.label_id
  WHERE NOT main.is_std(names.label) AND NOT starts_with(names.label, '[') AND names.label <> '<unknown>'
)
