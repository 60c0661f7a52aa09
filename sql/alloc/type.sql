-- One row per trace with allocation events (`GODEBUG=traceallocfree=1`) and Go type: what was allocated of it, and what became of that.
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
  -- Bytes of their slots; NULL when no slot of them is known.
  existed_bytes,
  -- Objects allocated while it ran.
  alloc_objects,
  -- Bytes of the slots they took; tiny objects share a slot; NULL when no slot of them is known.
  alloc_bytes,
  -- Objects swept while it ran, whenever allocated.
  free_objects,
  -- Bytes of the slots this freed; NULL when no slot of them is known.
  free_bytes,
  -- Objects that were there as it ended.
  inuse_objects,
  -- Bytes of the slots that hold them; NULL when no slot of them is known.
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
  CASE WHEN COUNT(*) FILTER (existed_before) > 0 THEN int64.clamp(SUM(size_bytes) FILTER (existed_before)) ELSE 0 END,
  COUNT(*) FILTER (is_new),
  CASE WHEN COUNT(*) FILTER (is_new) > 0 THEN int64.clamp(SUM(size_bytes) FILTER (is_new)) ELSE 0 END,
  COUNT(*) FILTER (is_free),
  CASE WHEN COUNT(*) FILTER (is_free) > 0 THEN int64.clamp(SUM(size_bytes) FILTER (is_free)) ELSE 0 END,
  COUNT(*) FILTER (NOT is_free),
  CASE WHEN COUNT(*) FILTER (NOT is_free) > 0 THEN int64.clamp(SUM(size_bytes) FILTER (NOT is_free)) ELSE 0 END,
  COUNT(*) FILTER (is_new AND NOT is_free) / NULLIF(COUNT(*) FILTER (is_new), 0),
  AVG(lifetime_ns),
  MAX(lifetime_ns)
FROM (SELECT *, NOT existed_before AS is_new, free_ns IS NOT NULL AS is_free FROM alloc.object)
GROUP BY trace_id, type_name
