-- One row per time that a trace's program was stopped: for the GC, or for anything else that stops the world.
--
-- A pause lasts from the wish to stop until the world is started again; what runs long before it stops is part of it.
--
-- key: trace_id, range_index
CREATE VIEW gc._trace_pause (
  -- The trace.
  trace_id,
  -- The pause among the trace's ranges.
  range_index,
  -- Why, in the runtime's words: `GC sweep termination`, `GC mark termination`, `GOMAXPROCS`, `read mem stats`.
  reason,
  -- Whether the GC stops the world, and not the program.
  is_gc,
  -- When the stopping began; NULL when that was before the trace.
  start_ns,
  -- When the world was started again; NULL when the trace ends first.
  end_ns,
  -- Wall-clock time of the start, UTC; NULL without it or without a wall clock.
  started_at,
  -- How long it took; NULL when an end is not in the trace.
  pause_ns,
  -- The goroutine that stops the world.
  goroutine,
  -- Where it does; NULL when the trace has no stack of it.
  stack_id,
  -- The GC cycle in whose marking it begins, first and last pause of the cycle among them; NULL for none.
  cycle_index
) AS
WITH stops AS (
  SELECT trace_id, range_index, name, start_ns, end_ns, goroutine, stack_id
  FROM trace_range
  WHERE starts_with(name, 'stop-the-world')
)
SELECT
  stops.trace_id,
  stops.range_index,
  regexp_extract(stops.name, '^stop-the-world \((.*)\)$', 1),
  contains(stops.name, '(GC '),
  stops.start_ns,
  stops.end_ns,
  TRY(trace.started_at + to_microseconds(int64.clamp(stops.start_ns::HUGEINT - trace.start_ns) // 1000)),
  int64.clamp(stops.end_ns::HUGEINT - stops.start_ns),
  stops.goroutine,
  stops.stack_id,
  CASE WHEN stops.start_ns <= cycles.shown_end_ns THEN cycles.cycle_index END
FROM stops
JOIN trace ON trace.trace_id = stops.trace_id
-- The last cycle that had begun.
ASOF LEFT JOIN gc._cycle AS cycles ON cycles.trace_id = stops.trace_id AND cycles.shown_start_ns <= stops.start_ns
