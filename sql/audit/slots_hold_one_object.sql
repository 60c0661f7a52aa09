-- One row per object that is allocated in a slot with an object, though it is not a tiny one; always empty.
--
-- But for a few rows where a sweep freed so much at once that the times of its frees, each a tick behind the last, ran
-- ahead of the clock: a slot is then allocated anew before it is freed.
--
-- key: trace_id, time_ns
CREATE VIEW audit.slots_hold_one_object (
  -- The trace.
  trace_id,
  -- When it is allocated, on the trace's clock.
  time_ns,
  -- Address of the slot.
  slot_address,
  -- When the one before was, that is not freed yet.
  last_ns
) AS
WITH objects AS (
  SELECT
    trace_id,
    time_ns,
    slot_address,
    free_ns,
    coalesce(size_class = 2 AND is_noscan, FALSE) AS is_tiny,
    lag(time_ns) OVER by_time AS last_ns,
    lag(coalesce(free_ns, 9223372036854775807)) OVER by_time AS last_free_ns
  FROM alloc.object
  WHERE span_address IS NOT NULL
  WINDOW by_time AS (PARTITION BY trace_id, slot_address ORDER BY time_ns)
)
SELECT trace_id, time_ns, slot_address, last_ns
FROM objects
WHERE last_free_ns > time_ns AND NOT is_tiny
