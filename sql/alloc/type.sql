-- One row per trace with allocation events and Go type: what was allocated of it, and what became of that.
--
-- A slice's backing array has the type of one element. The trace tells no type of most of what existed as it began, nor of
-- some objects without pointers; they share a row.
--
-- key: trace_id, type_name
CREATE VIEW alloc.type (
  -- The trace.
  trace_id,
  -- Go type; NULL where the trace tells none.
  type_name,
  -- Objects that were there as the trace began.
  existed_objects,
  -- Bytes of their slots.
  existed_bytes,
  -- Objects allocated while it ran.
  alloc_objects,
  -- Bytes of the slots they took; tiny objects share a slot.
  alloc_bytes,
  -- Objects swept while it ran, whenever allocated.
  free_objects,
  -- Bytes of the slots this freed.
  free_bytes,
  -- Objects that were there as it ended.
  inuse_objects,
  -- Bytes of the slots that hold them.
  inuse_bytes,
  -- Share of the objects allocated while it ran that were there as it ended; NULL without any.
  survival,
  -- Mean time from allocation to being swept, of objects with both in the trace; NULL without any.
  mean_lifetime_ns,
  -- The longest of those times.
  longest_lifetime_ns
) AS
SELECT
  trace_id,
  type_name,
  COUNT(*) FILTER (existed_before),
  coalesce(SUM(size_bytes) FILTER (existed_before), 0)::BIGINT,
  COUNT(*) FILTER (NOT existed_before),
  coalesce(SUM(size_bytes) FILTER (NOT existed_before), 0)::BIGINT,
  COUNT(free_ns),
  coalesce(SUM(size_bytes) FILTER (free_ns IS NOT NULL), 0)::BIGINT,
  COUNT(*) FILTER (free_ns IS NULL),
  coalesce(SUM(size_bytes) FILTER (free_ns IS NULL), 0)::BIGINT,
  COUNT(*) FILTER (NOT existed_before AND free_ns IS NULL) / NULLIF(COUNT(*) FILTER (NOT existed_before), 0),
  AVG(lifetime_ns),
  MAX(lifetime_ns)
FROM alloc.object
GROUP BY trace_id, type_name
