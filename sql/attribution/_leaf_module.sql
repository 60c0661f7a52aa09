-- One row per stack with a function at its leaf: the module of the function written at the allocation, inlined or not.
--
-- key: stack_id
-- column stack_id: Call stack.
-- column module: Module path; `std` for Go's own; NULL where the name has no package.
-- column version: Its version; NULL for the program's own module, Go's own and vendored code.
-- column is_own: It is the program's own code.
CREATE MACRO attribution._leaf_module(
  -- Only these stacks; all when NULL.
  stack_ids
) AS TABLE
WITH leaves AS (
  SELECT stack_id, location_ids[1] AS location_id
  FROM stack
  WHERE stack_ids IS NULL OR stack_id IN (SELECT unnest(stack_ids))
)
SELECT leaves.stack_id, modules.module, modules.version, modules.is_own
FROM leaves
JOIN stack._line AS lines USING (location_id)
JOIN attribution._module AS modules USING (function_id)
WHERE lines.depth = 0
  -- So that the lines of these alone are unfolded.
  AND (stack_ids IS NULL OR lines.location_id IN (SELECT location_id FROM leaves))
ORDER BY leaves.stack_id
