-- One row per heap object in a trace with allocation events (`GODEBUG=traceallocfree=1`): when it was allocated and freed, its type and its slot.
--
-- A slot is freed with all objects in it: several tiny ones of less than 16 bytes without pointers share one of 16. In a
-- trace that does not begin with what exists (flight recorder) some are known by their being freed alone.
--
-- key: trace_id, time_ns
CREATE VIEW alloc.object (
  -- The trace.
  trace_id,
  -- When the trace first tells of it, on the trace's clock.
  time_ns,
  -- Address of its slot; its own where no span is known that it lies in.
  slot_address,
  -- Go type; NULL where the trace tells none, as for most of what existed as it began.
  type_name,
  -- Size of a value of the type; NULL without a type. A slice's backing array has the type of one element.
  type_size_bytes,
  -- Bytes it takes: those of its slot, none for what is put into a slot that has an object; NULL without a span.
  size_bytes,
  -- Size class of the slot, 0 for a large object; NULL without a span.
  size_class,
  -- The slot has no pointers; NULL without a span.
  is_noscan,
  -- Address of the span; NULL when none is known.
  span_address,
  -- It was there as the trace began, or must have been, since it is freed without having been allocated.
  existed_before,
  -- When it was allocated, on the trace's clock; NULL when that was before the trace.
  alloc_ns,
  -- When it was swept, on the trace's clock; NULL when it was not as the trace ended.
  free_ns,
  -- From allocation to being swept, which is some time after it was last used; NULL when either is not in the trace.
  lifetime_ns,
  -- The goroutine that allocated it; NULL when that was before the trace, and for none.
  goroutine
) AS
WITH events AS (
  SELECT
    trace_id,
    time_ns,
    event,
    slot_address,
    type_name,
    type_size_bytes,
    slot_bytes,
    size_class,
    is_noscan,
    span_address,
    goroutine,
    coalesce(size_class = 2 AND is_noscan, FALSE) AS is_tiny,
    lag(event) OVER by_time AS last_event,
    lead(event) OVER by_time AS next_event,
    MIN(time_ns) FILTER (event = 'free') OVER (
      PARTITION BY trace_id, slot_address, span_ns
      ORDER BY time_ns ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
    ) AS free_ns
  FROM alloc._slot_event
  WINDOW by_time AS (PARTITION BY trace_id, slot_address, span_ns ORDER BY time_ns)
)
SELECT
  trace_id,
  time_ns,
  slot_address,
  type_name,
  type_size_bytes,
  CASE WHEN is_tiny AND last_event IN ('exists', 'alloc') THEN 0 ELSE slot_bytes END,
  size_class,
  is_noscan,
  span_address,
  event <> 'alloc',
  CASE WHEN event = 'alloc' THEN time_ns END,
  free_ns,
  CASE WHEN event = 'alloc' THEN int64.clamp(free_ns::HUGEINT - time_ns) END,
  CASE WHEN event = 'alloc' THEN goroutine END
FROM events
WHERE
  CASE event
    -- A free is told of by the objects it ends, and by a row of its own when there are none.
    WHEN 'free' THEN coalesce(last_event, 'free') = 'free'
    -- What was being allocated as the trace began is there already, and then allocated.
    WHEN 'exists' THEN is_tiny OR coalesce(next_event, 'free') <> 'alloc'
    ELSE TRUE
  END
