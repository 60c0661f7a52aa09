-- One row per stack: its functions as one text, root first, joined by semicolons.
--
-- What flamegraph.pl and its kin read. A semicolon or a line break in a name becomes a colon or a space.
--
-- key: stack_id
CREATE VIEW stack.folded (
  -- Call stack.
  stack_id,
  -- `main.main;main.grow`; empty for a stack without locations.
  folded
) AS
WITH names AS (
  -- A list, so that a name is found by its place: frames are joined with nothing, and need no order.
  SELECT list(translate(label, e';\n\r', ':  ') ORDER BY places.label_id) AS names
  FROM (SELECT unnest(range((SELECT MAX(label_id) FROM stack_label) + 1)) AS label_id) AS places
  LEFT JOIN stack_label USING (label_id)
)
SELECT stack_id, array_to_string(list_transform(label_ids, lambda label_id: names[label_id + 1]), ';')
FROM stack_path
CROSS JOIN names
