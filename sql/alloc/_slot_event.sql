-- One row per event of a heap object, with the slot it is about.
--
-- Of an object of more than 512 bytes with pointers the trace tells the address 8 bytes into its slot when it is
-- allocated, and of a tiny one any address in it; what exists and what is freed is told by slot.
--
-- key: trace_id, time_ns
CREATE VIEW alloc._slot_event (
  -- The trace.
  trace_id,
  -- When.
  time_ns,
  -- `exists`, `alloc` or `free`.
  event,
  -- Address of the slot; of the object where no span is known that it lies in.
  slot_address,
  -- Address of the span; NULL without one.
  span_address,
  -- When the trace first tells of the span; NULL without one.
  span_ns,
  -- Size class of the span; NULL without one.
  size_class,
  -- Bytes of the slot; NULL without a span.
  slot_bytes,
  -- The slot has no pointers; NULL without a span.
  is_noscan,
  -- Go type; NULL when the event has none.
  type_name,
  -- Size of a value of the type; NULL without a type.
  type_size_bytes,
  -- The goroutine running there; NULL for none.
  goroutine
) AS
WITH events AS (
  SELECT trace_id, time_ns, event, address, type_name, type_size_bytes, goroutine, (address // 8192)::BIGINT AS page
  FROM heap_object
),
placed AS (
  SELECT
    events.trace_id,
    events.time_ns,
    events.event,
    events.address,
    events.type_name,
    events.type_size_bytes,
    events.goroutine,
    pages.time_ns AS span_ns,
    pages.span_address,
    pages.size_class,
    pages.object_bytes,
    pages.is_noscan,
    pages.span_address IS NOT NULL
      AND events.address >= pages.span_address
      AND coalesce(pages.free_ns >= events.time_ns, TRUE) AS is_known
  FROM events
  -- The last span that began to have the page.
  ASOF LEFT JOIN alloc._page AS pages
    ON pages.trace_id = events.trace_id AND pages.page = events.page AND pages.time_ns <= events.time_ns
)
SELECT
  trace_id,
  time_ns,
  event,
  CASE WHEN is_known THEN span_address + (address - span_address) // object_bytes * object_bytes ELSE address END,
  CASE WHEN is_known THEN span_address END,
  CASE WHEN is_known THEN span_ns END,
  CASE WHEN is_known THEN size_class END,
  CASE WHEN is_known THEN object_bytes END,
  CASE WHEN is_known THEN is_noscan END,
  type_name,
  type_size_bytes,
  goroutine
FROM placed
