-- Whether a function with a name like that is on a stack: `WHERE has_function(stack_id, 'json\.')`.
--
-- The pattern is a regular expression that may fit anywhere in a name, as after pprof's -focus; names as flame graphs show them.
CREATE FUNCTION main.has_function(
  -- A stack_id.
  of_stack,
  -- A regular expression (RE2).
  pattern
) AS
of_stack IN (
  SELECT frames.stack_id
  FROM (SELECT paths.stack_id, unnest(paths.label_ids) AS label_id FROM stack_path AS paths) AS frames
  WHERE frames.label_id IN (
    SELECT names.label_id FROM stack_label AS names WHERE regexp_matches(names.label, pattern)
  )
)
