-- One row per stack that has frames: what Go's trace tools print of them, a frame an entry.
--
-- Inlined frames are frames too. What has no name or file there has none here.
--
-- key: stack_id
CREATE VIEW stack._go_frames (
  -- Call stack.
  stack_id,
  -- Function, program counter as hexadecimal digits, file and line of each frame, leaf first.
  frames
) AS
SELECT
  stack_id,
  list(
    {
      'function': CASE WHEN function = '<unknown>' THEN '' ELSE function END,
      'pc': format('{:x}', address),
      'file': coalesce(file, ''),
      'line': coalesce(line, 0)
    }
    ORDER BY position
  )
FROM stack.frames
GROUP BY stack_id
