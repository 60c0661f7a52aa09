-- One row per object of a trace that begins with what exists, known by its being freed alone or lying in no span; always empty.
--
-- But for a few rows where a sweep freed so much at once that the times of its frees, each a tick behind the last, ran
-- ahead of the clock: a slot is then allocated anew before it is freed.
--
-- key: trace_id, time_ns
CREATE VIEW audit.frees_are_of_objects (
  -- The trace.
  trace_id,
  -- When the trace first tells of it, on the trace's clock.
  time_ns,
  -- Address of its slot.
  slot_address,
  -- When it was swept, on the trace's clock.
  free_ns,
  -- Address of its span; NULL when none is known.
  span_address
) AS
SELECT trace_id, time_ns, slot_address, free_ns, span_address
FROM alloc.object
SEMI JOIN (FROM heap_span WHERE event = 'exists') USING (trace_id)
WHERE time_ns = free_ns OR span_address IS NULL
