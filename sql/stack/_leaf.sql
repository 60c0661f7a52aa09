-- One row per stack: the function at its leaf and the outermost line of the leaf location; stack.leaf without the program's frame.
--
-- A stack without locations has a row of NULLs.
--
-- key: stack_id
CREATE VIEW stack._leaf (
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
  outer_line
) AS
SELECT
  stack.stack_id,
  stack.location_ids[1],
  innermost.function,
  innermost.file,
  innermost.line,
  outermost.function,
  outermost.package,
  outermost.file,
  outermost.line
FROM stack
LEFT JOIN stack._line AS innermost ON innermost.location_id = stack.location_ids[1] AND innermost.depth = 0
LEFT JOIN stack._line AS outermost ON outermost.location_id = stack.location_ids[1] AND outermost.is_outermost
