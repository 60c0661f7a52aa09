-- One row per stack: the function at its leaf, the allocation site, which is the outermost line of the leaf location, and the program's frame.
--
-- The leaf of a goroutine that waits is Go's `runtime.gopark`, whatever it waits for: where the program waits is in `program_function`,
-- the frame that pprof shows when Go's own are hidden. A stack without locations has a row of NULLs.
--
-- key: stack_id
CREATE VIEW stack.leaf (
  -- Call stack.
  stack_id,
  -- Its leaf location; NULL for an empty stack.
  location_id,
  -- The innermost function, inlined or not.
  function,
  -- File of the innermost line.
  file,
  -- The innermost line.
  line,
  -- The function the leaf was inlined into, the leaf itself when nothing was inlined.
  outer_function,
  -- Package of the outer function.
  outer_package,
  -- File of the outermost line.
  outer_file,
  -- The outermost line, where the compiler reports an escape.
  outer_line,
  -- The function that is nearest to the leaf and not of Go's own, or without one, not of its runtime; NULL when there is neither.
  program_function,
  -- Its file; NULL without one.
  program_file,
  -- The line it is at; NULL when unknown.
  program_line
) AS
WITH located AS (
  SELECT stack_id, unnest(location_ids) AS location_id, unnest(range(len(location_ids))) AS place
  FROM stack
),
named AS (
  SELECT
    located.stack_id,
    located.place::BIGINT * 1000 + lines.depth AS depth,
    {'function': lines.function, 'file': lines.file, 'line': lines.line} AS frame,
    regexp_matches(coalesce(lines.package, ''), '^(runtime|internal/runtime/.*|runtime/internal/.*)$') AS is_runtime,
    coalesce(modules.module, '') = 'std' AS is_std
  FROM located
  JOIN stack._line AS lines USING (location_id)
  LEFT JOIN attribution._module AS modules USING (function_id)
),
own AS (
  SELECT
    stack_id,
    coalesce(
      arg_min(frame, depth) FILTER (NOT is_std),
      arg_min(frame, depth) FILTER (NOT is_runtime)
    ) AS frame
  FROM named
  GROUP BY stack_id
)
SELECT
  leaves.stack_id,
  leaves.location_id,
  leaves.function,
  leaves.file,
  leaves.line,
  leaves.outer_function,
  leaves.outer_package,
  leaves.outer_file,
  leaves.outer_line,
  own.frame.function,
  own.frame.file,
  own.frame.line
FROM stack._leaf AS leaves
LEFT JOIN own USING (stack_id)
