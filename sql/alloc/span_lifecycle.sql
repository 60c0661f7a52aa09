-- One row per life of a heap span in a trace with allocation events (`GODEBUG=traceallocfree=1`): from its allocation to its being freed.
--
-- A freed span's pages are idle until a span begins there again, of any class and length.
--
-- key: trace_id, time_ns
CREATE VIEW alloc.span_lifecycle (
  -- The trace.
  trace_id,
  -- When the trace first tells of it, on the trace's clock.
  time_ns,
  -- Its address.
  address,
  -- Its length.
  size_bytes,
  -- `heap` holds objects; `manual` stacks, work buffers and the like.
  kind,
  -- Size class of its objects, 0 for one large object; NULL for a manual span.
  size_class,
  -- Bytes of a slot; NULL for a manual span.
  object_bytes,
  -- Slots in it; NULL for a manual span.
  slots,
  -- Its objects have no pointers; NULL for a manual span.
  is_noscan,
  -- It was there as the trace began.
  existed_before,
  -- When it was allocated; NULL when that was before the trace.
  alloc_ns,
  -- When it was freed; NULL when it was still there as the trace ended.
  free_ns,
  -- From allocation to being freed; NULL when either is not in the trace.
  in_use_ns,
  -- How long no span had begun at its address, since the last one there was freed; NULL for the first one there.
  idle_ns
) AS
WITH events AS (
  SELECT
    trace_id,
    time_ns,
    event,
    address,
    size_bytes,
    size_class,
    is_noscan,
    lead(time_ns) OVER by_time AS next_ns,
    lead(event) OVER by_time AS next_event,
    lag(time_ns) OVER by_time AS last_ns,
    lag(event) OVER by_time AS last_event
  FROM heap_span
  WINDOW by_time AS (PARTITION BY trace_id, address ORDER BY time_ns)
),
lives AS (
  SELECT
    trace_id,
    time_ns,
    address,
    size_bytes,
    size_class,
    is_noscan,
    event = 'exists' AS existed_before,
    CASE WHEN event = 'alloc' THEN time_ns END AS alloc_ns,
    CASE WHEN next_event = 'free' THEN next_ns END AS free_ns,
    CASE WHEN last_event = 'free' THEN int64.clamp(time_ns::HUGEINT - last_ns) END AS idle_ns,
    CASE WHEN size_class = 0 THEN size_bytes ELSE classes.object_bytes END AS object_bytes
  FROM events
  LEFT JOIN alloc._size_class AS classes USING (size_class)
  WHERE event <> 'free'
)
SELECT
  trace_id,
  time_ns,
  address,
  size_bytes,
  CASE WHEN size_class IS NULL THEN 'manual' ELSE 'heap' END,
  size_class,
  object_bytes,
  CASE WHEN object_bytes > 0 THEN size_bytes // object_bytes END,
  is_noscan,
  existed_before,
  alloc_ns,
  free_ns,
  int64.clamp(free_ns::HUGEINT - alloc_ns),
  idle_ns
FROM lives
