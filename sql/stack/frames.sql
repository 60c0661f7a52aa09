-- One row per stack and frame, inlining unfolded, leaf first.
--
-- A stack without locations has no row.
--
-- key: stack_id, position
CREATE VIEW stack.frames (
  -- Call stack.
  stack_id,
  -- 0 = leaf.
  position,
  -- The location the frame is from; inlined frames share their caller's.
  location_id,
  -- Function; `[binary]` without a symbol, `<unknown>` without a mapping either.
  function,
  -- Import path of the package; NULL when the name has none.
  package,
  -- Source file as the profile spells it; NULL without one.
  file,
  -- Line of the call, at the leaf of the allocation or the sampled instruction; NULL when unknown.
  line,
  -- Byte column; NULL when unknown.
  "column",
  -- The compiler put this function's body into its caller.
  inlined,
  -- Address from the start of its mapping.
  address
) AS
WITH located AS (
  SELECT stack_id, unnest(location_ids) AS location_id, unnest(range(len(location_ids))) AS place
  FROM stack
)
SELECT
  located.stack_id,
  (row_number() OVER (PARTITION BY located.stack_id ORDER BY located.place, lines.depth) - 1)::INTEGER,
  located.location_id,
  lines.function,
  lines.package,
  lines.file,
  lines.line,
  lines.column,
  NOT lines.is_outermost,
  lines.address
FROM located
JOIN stack._line AS lines USING (location_id)
