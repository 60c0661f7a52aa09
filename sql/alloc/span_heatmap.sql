-- One row per moment and size class that has spans: how many there are, and their bytes, for a heat map.
--
-- A trace with allocation events has 64 moments, evenly over its length, and its spans exactly (`trace`). Of MemStats.BySize each
-- moment that was written down is one (`memstats`); there are spans for its objects at least, and classes end at 18,432
-- bytes.
--
-- key: source, source_id, position, size_class
CREATE VIEW alloc.span_heatmap (
  -- `trace` or `memstats`.
  source,
  -- The file.
  source_id,
  -- The moment, from 0.
  position,
  -- When it was, UTC; NULL when the file does not say.
  taken_at,
  -- When, on the trace's clock; NULL for MemStats.
  time_ns,
  -- From 1; 0 for large objects, which have spans of their own.
  size_class,
  -- Bytes of a slot; NULL for large objects.
  object_bytes,
  -- Spans; of MemStats as many as its objects fill.
  spans,
  -- Bytes of those spans.
  span_bytes,
  -- Objects not yet swept; NULL for a trace.
  inuse_objects
) AS
WITH bins AS (
  SELECT
    trace_id,
    source_id,
    position,
    start_ns::HUGEINT + (end_ns::HUGEINT - start_ns) * (position + 1) // 64 AS until_ns,
    started_at,
    start_ns
  FROM trace, range(64) AS moments (position)
  WHERE trace_id IN (SELECT trace_id FROM heap_span)
),
changes AS (
  SELECT trace_id, size_class, time_ns, 1 AS change, size_bytes
  FROM alloc.span_lifecycle
  WHERE kind = 'heap'
  UNION ALL
  SELECT trace_id, size_class, free_ns, -1, -size_bytes::HUGEINT
  FROM alloc.span_lifecycle
  WHERE kind = 'heap' AND free_ns IS NOT NULL
),
sums AS (
  SELECT
    trace_id,
    size_class,
    time_ns,
    int64.clamp(SUM(int64.clamp(SUM(change))) OVER so_far) AS spans,
    int64.clamp(SUM(int64.clamp(SUM(size_bytes))) OVER so_far) AS span_bytes
  FROM changes
  GROUP BY trace_id, size_class, time_ns
  WINDOW so_far AS (PARTITION BY trace_id, size_class ORDER BY time_ns)
),
grid AS (
  SELECT bins.*, classes.size_class
  FROM bins
  JOIN (SELECT DISTINCT trace_id, size_class FROM changes) AS classes USING (trace_id)
)
SELECT
  'trace',
  grid.source_id,
  grid.position,
  grid.started_at + to_microseconds(int64.clamp((grid.until_ns - grid.start_ns) // 1000)),
  int64.clamp(grid.until_ns),
  grid.size_class,
  classes.object_bytes,
  sums.spans,
  sums.span_bytes,
  NULL::BIGINT
FROM grid
-- As it was at the end of each of the 64 parts.
ASOF JOIN sums
  ON sums.trace_id = grid.trace_id AND sums.size_class = grid.size_class AND sums.time_ns <= grid.until_ns
LEFT JOIN alloc._size_class AS classes ON classes.size_class = grid.size_class
WHERE sums.spans > 0
UNION ALL
SELECT
  'memstats',
  sizes.source_id,
  sizes.position,
  memstats.taken_at,
  NULL,
  classes.size_class,
  classes.object_bytes,
  int64.clamp((sizes.mallocs::HUGEINT - sizes.frees + classes.slots - 1) // classes.slots),
  int64.clamp((sizes.mallocs::HUGEINT - sizes.frees + classes.slots - 1) // classes.slots * classes.span_bytes),
  int64.clamp(sizes.mallocs::HUGEINT - sizes.frees)
FROM memstats_size_class AS sizes
JOIN memstats USING (source_id, position)
JOIN alloc._size_class AS classes ON classes.object_bytes = sizes.size_bytes
WHERE sizes.mallocs::HUGEINT - sizes.frees > 0
