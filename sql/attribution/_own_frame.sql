-- One row per stack that own code is on: the frame of it that is nearest to the leaf.
--
-- key: stack_id
-- column stack_id: Call stack.
-- column function: The function, whose module is the program's own.
-- column file: Its file.
-- column line: The line that allocates or calls.
-- column is_leaf: The line allocates itself, or code inlined into it.
CREATE MACRO attribution._own_frame(
  -- Only these stacks; all when NULL.
  stack_ids
) AS TABLE
WITH frames AS (
  SELECT stack_id, unnest(location_ids) AS location_id, unnest(range(len(location_ids))) AS place
  FROM stack
  WHERE stack_ids IS NULL OR stack_id IN (SELECT unnest(stack_ids))
),
nearest AS (
  SELECT
    frames.stack_id,
    arg_min(
      {'function': lines.function, 'file': lines.file, 'line': lines.line, 'is_leaf': frames.place = 0},
      frames.place * 1000 + lines.depth
    ) AS own
  FROM frames
  JOIN stack._line AS lines USING (location_id)
  JOIN attribution._module AS modules USING (function_id)
  WHERE modules.is_own
    -- So that the lines of these alone are unfolded.
    AND (stack_ids IS NULL OR lines.location_id IN (SELECT location_id FROM frames))
  GROUP BY frames.stack_id
)
SELECT stack_id, own.function, own.file, own.line, own.is_leaf
FROM nearest
ORDER BY stack_id
