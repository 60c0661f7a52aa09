-- One row per goroutine stack in a trace with allocation events (`GODEBUG=traceallocfree=1`): from its allocation to its being freed.
--
-- A goroutine whose stack grows gets a new one, twice the size, and the old one is freed. Some are known by their being
-- freed alone: Go 1.23 leaves out some allocations, and a trace need not begin with what exists (flight recorder).
--
-- key: trace_id, time_ns
CREATE VIEW alloc.stack_memory (
  -- The trace.
  trace_id,
  -- When the trace first tells of it, on the trace's clock.
  time_ns,
  -- Its address.
  address,
  -- Its length; NULL for one that is known by its being freed alone.
  size_bytes,
  -- It was there as the trace began; NULL for one that is known by its being freed alone.
  existed_before,
  -- When it was allocated, on the trace's clock; NULL when the trace does not tell it.
  alloc_ns,
  -- When it was freed, on the trace's clock; NULL when it was still there as the trace ended.
  free_ns,
  -- From allocation to being freed; NULL when either is not in the trace.
  lifetime_ns,
  -- The goroutine that ran as it was allocated: the one that starts another, or whose stack grows; NULL for none.
  goroutine
) AS
WITH events AS (
  SELECT
    trace_id,
    time_ns,
    event,
    address,
    size_bytes,
    goroutine,
    lag(event) OVER by_time AS last_event,
    lead(event) OVER by_time AS next_event,
    lead(time_ns) OVER by_time AS next_ns
  FROM goroutine_stack
  WINDOW by_time AS (PARTITION BY trace_id, address ORDER BY time_ns)
)
SELECT
  trace_id,
  time_ns,
  address,
  size_bytes,
  CASE event WHEN 'exists' THEN TRUE WHEN 'alloc' THEN FALSE END,
  CASE WHEN event = 'alloc' THEN time_ns END,
  CASE WHEN event = 'free' THEN time_ns WHEN next_event = 'free' THEN next_ns END,
  CASE WHEN event = 'alloc' AND next_event = 'free' THEN int64.clamp(next_ns::HUGEINT - time_ns) END,
  CASE WHEN event = 'alloc' THEN goroutine END
FROM events
WHERE event <> 'free' OR coalesce(last_event, 'free') = 'free'
