-- One row per event of a heap span that its state forbids: an allocation where one is, or a free where none is; always empty.
--
-- A span is free, then in use, then free again. Only a trace that begins with what exists knows of every span, and of those
-- not one of Go 1.23, which tells nothing of a span while it writes another event (runtime/traceruntime.go,
-- traceTryAcquire). Go 1.24 writes the same format.
--
-- key: trace_id, time_ns
CREATE VIEW audit.span_transitions_are_legal (
  -- The trace.
  trace_id,
  -- When, on the trace's clock.
  time_ns,
  -- Address of the span.
  address,
  -- `exists`, `alloc` or `free`.
  event,
  -- The event before at that address; NULL for none.
  last_event
) AS
WITH events AS (
  SELECT
    trace_id,
    time_ns,
    address,
    event,
    lag(event) OVER (PARTITION BY trace_id, address ORDER BY time_ns) AS last_event
  FROM heap_span
),
complete AS (
  SELECT DISTINCT trace_id
  FROM heap_span
  JOIN trace USING (trace_id)
  WHERE event = 'exists' AND wire_version <> '1.23'
)
SELECT trace_id, time_ns, address, event, last_event
FROM events
SEMI JOIN complete USING (trace_id)
WHERE coalesce(last_event, 'free') = 'free' AND event = 'free' OR last_event IN ('exists', 'alloc') AND event <> 'free'
