-- One row per stack: the function at its root.
--
-- A stack without locations has no row.
--
-- key: stack_id
CREATE VIEW stack.root (
  -- Call stack.
  stack_id,
  -- Its root location.
  location_id,
  -- The outermost function: main.main, or what a goroutine was started with.
  function,
  -- Import path of the package; NULL when the name has none.
  package,
  -- Source file as the profile spells it; NULL without one.
  file,
  -- Line of the call; NULL when unknown.
  line
) AS
SELECT
  stack.stack_id,
  lines.location_id,
  lines.function,
  lines.package,
  lines.file,
  lines.line
FROM stack
JOIN stack._line AS lines ON lines.location_id = stack.location_ids[-1] AND lines.is_outermost
