-- One row per trace, goroutine and stack: the mark assists it paid for allocating there.
--
-- key: trace_id, goroutine, stack_id
CREATE VIEW gc.assist (
  -- The trace.
  trace_id,
  -- The goroutine that allocates.
  goroutine,
  -- Where; NULL when the trace has no stack of it.
  stack_id,
  -- The innermost function outside the runtime; NULL without one.
  function,
  -- Its package.
  package,
  -- Its file.
  file,
  -- The line that allocates.
  line,
  -- Assists, those among them of which an end is not in the trace.
  assist_count,
  -- Time in them, waiting for work to do or for another's credit included; of those with both ends in the trace.
  duration_ns,
  -- The longest of those; NULL without one.
  longest_ns
) AS
WITH assists AS (
  SELECT trace_id, goroutine, stack_id, int64.clamp(end_ns::HUGEINT - start_ns) AS duration_ns
  FROM trace_range
  WHERE name = 'GC mark assist'
),
located AS (
  SELECT stack_id, unnest(location_ids) AS location_id, unnest(range(len(location_ids))) AS place
  FROM stack
  SEMI JOIN assists USING (stack_id)
),
payers AS (
  SELECT
    stack_id,
    arg_min(
      {function: lines.function, package: lines.package, file: lines.file, line: lines.line},
      (located.place, lines.depth)
    ) AS payer
  FROM located
  JOIN stack._line AS lines USING (location_id)
  WHERE coalesce(lines.package <> 'runtime' AND NOT starts_with(lines.package, 'internal/runtime/'), TRUE)
  GROUP BY stack_id
)
SELECT
  assists.trace_id,
  assists.goroutine,
  stack_id,
  any_value(payers.payer.function),
  any_value(payers.payer.package),
  any_value(payers.payer.file),
  any_value(payers.payer.line),
  COUNT(*),
  int64.clamp(coalesce(SUM(assists.duration_ns), 0)),
  MAX(assists.duration_ns)
FROM assists
LEFT JOIN payers USING (stack_id)
GROUP BY assists.trace_id, assists.goroutine, stack_id
