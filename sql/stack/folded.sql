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
SELECT
  stack.stack_id,
  coalesce(
    string_agg(
      translate(frames.function, e';\n\r', ':  '), ';'
      ORDER BY frames.position DESC
    ),
    ''
  )
FROM stack
LEFT JOIN stack.frames AS frames USING (stack_id)
GROUP BY stack.stack_id
