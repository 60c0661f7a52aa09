-- One row per stack that names a location which is not there, or has no path; always empty.
--
-- key: stack_id
CREATE VIEW audit.orphan_stacks (
  -- The stack.
  stack_id
) AS
WITH located AS (
  SELECT stack_id, unnest(location_ids) AS location_id
  FROM stack
)
SELECT DISTINCT stack_id
FROM located
WHERE location_id NOT IN (SELECT location_id FROM location)
UNION
SELECT stack_id
FROM stack
WHERE stack_id NOT IN (SELECT stack_id FROM stack_path)
