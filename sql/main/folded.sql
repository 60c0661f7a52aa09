-- The functions of a stack as one text, root first, joined by semicolons: `folded(stack_id)`, as in `stack.folded`.
--
-- What flamegraph.pl and its kin read. A semicolon or a line break in a name becomes a colon or a space.
CREATE FUNCTION main.folded(
  -- A stack_id.
  of_stack
) AS
array_to_string(
  list_transform(list_reverse(main.funcs(of_stack)), lambda name: translate(name, e';\n\r', ':  ')), ';'
)
