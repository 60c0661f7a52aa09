-- One row per trace with allocation events (`GODEBUG=traceallocfree=1`), Go type and number of GC cycles that objects of it outlived: how many went then.
--
-- Of objects allocated while the trace ran. A cycle counts whose marking began after the object was allocated; the one that finds it
-- dead is the one it does not outlive, and it is swept after that. Events have no stacks, so sites are not told: `heap.age` is
-- by site. Lifetimes are in `alloc.type`, those of stacks in `alloc.stack_memory`.
--
-- key: trace_id, type_name, cycles
CREATE VIEW alloc.survival (
  -- The trace.
  trace_id,
  -- Go type; NULL where the trace tells none.
  type_name,
  -- Cycles outlived.
  cycles,
  -- Objects that outlived so many, whatever came later.
  reached_objects,
  -- Bytes of their slots; NULL when none of them is known.
  reached_bytes,
  -- Of them, those that the next cycle found dead, swept before the trace ended.
  freed_objects,
  -- Of them, those that were there as the trace ended with no further cycle; nothing is known of what comes.
  last_seen_objects,
  -- Share of those whose next cycle the trace has that it found dead; NULL when it has it of none.
  freed_share
) AS
WITH begins AS (
  SELECT trace_id, start_ns, row_number() OVER (PARTITION BY trace_id ORDER BY start_ns) AS begun
  FROM gc.cycle
  WHERE start_ns IS NOT NULL
),
-- Marking that the trace shows whole: the rank of its beginning, so that ends count alike.
ends AS (
  SELECT cycles.trace_id, cycles.end_ns, begins.begun AS ended
  FROM gc.cycle AS cycles
  JOIN begins USING (trace_id, start_ns)
  WHERE cycles.end_ns IS NOT NULL
),
objects AS (
  SELECT
    objects.trace_id,
    objects.type_name,
    objects.size_bytes,
    objects.free_ns IS NOT NULL AS is_freed,
    objects.alloc_ns,
    coalesce(objects.free_ns, trace.end_ns) AS until_ns
  FROM alloc.object AS objects
  JOIN trace USING (trace_id)
  WHERE objects.alloc_ns IS NOT NULL
),
marked AS (
  SELECT
    objects.trace_id,
    objects.type_name,
    objects.size_bytes,
    objects.is_freed,
    greatest(coalesce(ends.ended, 0) - coalesce(begins.begun, 0) - objects.is_freed::INTEGER, 0) AS outlived
  FROM objects
  -- Cycles begun before it was allocated, and ended before it was swept.
  ASOF LEFT JOIN begins ON begins.trace_id = objects.trace_id AND begins.start_ns <= objects.alloc_ns
  ASOF LEFT JOIN ends ON ends.trace_id = objects.trace_id AND ends.end_ns <= objects.until_ns
),
counted AS (
  SELECT
    trace_id,
    type_name,
    outlived,
    COUNT(*) AS objects,
    COUNT(*) FILTER (is_freed) AS freed_objects,
    int64.clamp(SUM(size_bytes)) AS size_bytes
  FROM marked
  GROUP BY trace_id, type_name, outlived
),
reached AS (
  SELECT
    trace_id,
    type_name,
    outlived,
    int64.clamp(SUM(objects) OVER later) AS reached_objects,
    int64.clamp(SUM(size_bytes) OVER later) AS reached_bytes,
    freed_objects,
    objects - freed_objects AS last_seen_objects
  FROM counted
  WINDOW later AS (PARTITION BY trace_id, type_name ORDER BY outlived DESC)
)
SELECT
  trace_id,
  type_name,
  outlived,
  reached_objects,
  reached_bytes,
  freed_objects,
  last_seen_objects,
  freed_objects / nullif(reached_objects - last_seen_objects, 0)
FROM reached
