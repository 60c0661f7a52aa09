-- One row per page in which objects can begin, and span that it is of for a time.
--
-- A large object has a span of its own and begins with it, so that only the first page of such a span is needed. A span of
-- small objects has at most ten (runtime/sizeclasses.go), whatever a damaged trace says.
--
-- key: trace_id, page, time_ns
CREATE VIEW alloc._page (
  -- The trace.
  trace_id,
  -- Its address divided by 8192, the size of a page on every platform.
  page,
  -- Since when.
  time_ns,
  -- Until when; NULL for the end of the trace.
  free_ns,
  -- Address of the span.
  span_address,
  -- Size class of the span.
  size_class,
  -- Bytes of a slot of the span.
  object_bytes,
  -- Objects of the span have no pointers.
  is_noscan
) AS
SELECT
  trace_id,
  unnest(
    range(
      (address // 8192)::BIGINT,
      (address // 8192)::BIGINT + CASE WHEN size_class = 0 THEN 1 ELSE least(size_bytes // 8192, 10) END
    )
  ),
  time_ns,
  free_ns,
  address,
  size_class,
  object_bytes,
  is_noscan
FROM alloc.span_lifecycle
WHERE kind = 'heap' AND object_bytes > 0
