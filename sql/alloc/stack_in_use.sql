-- One row per moment: memory that goroutine stacks take.
--
-- From MemStats (`memstats`, spans with stacks), runtime/metrics (`metrics`, the same), and traces with allocation events (`trace`, the stacks
-- themselves, at 64 moments evenly over its length; those that it does not tell the size of are left out).
--
-- key: source, source_id, position
CREATE VIEW alloc.stack_in_use (
  -- `memstats`, `metrics` or `trace`.
  source,
  -- The file.
  source_id,
  -- The moment, from 0.
  position,
  -- When it was, UTC; NULL when the file does not say.
  taken_at,
  -- Bytes of stacks.
  stack_bytes,
  -- Stacks; NULL where only bytes are told.
  stacks
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
  WHERE trace_id IN (SELECT trace_id FROM goroutine_stack)
),
changes AS (
  SELECT trace_id, time_ns, 1 AS change, size_bytes
  FROM alloc.stack_memory
  WHERE size_bytes IS NOT NULL
  UNION ALL
  SELECT trace_id, free_ns, -1, -size_bytes::HUGEINT
  FROM alloc.stack_memory
  WHERE size_bytes IS NOT NULL AND free_ns IS NOT NULL
),
sums AS (
  SELECT
    trace_id,
    time_ns,
    int64.clamp(SUM(int64.clamp(SUM(change))) OVER so_far) AS stacks,
    int64.clamp(SUM(int64.clamp(SUM(size_bytes))) OVER so_far) AS stack_bytes
  FROM changes
  GROUP BY trace_id, time_ns
  WINDOW so_far AS (PARTITION BY trace_id ORDER BY time_ns)
)
SELECT
  'trace',
  bins.source_id,
  bins.position,
  bins.started_at + to_microseconds(int64.clamp((bins.until_ns - bins.start_ns) // 1000)),
  sums.stack_bytes,
  sums.stacks
FROM bins
-- As it was at the end of each of the 64 parts.
ASOF JOIN sums ON sums.trace_id = bins.trace_id AND sums.time_ns <= bins.until_ns
UNION ALL
SELECT 'memstats', source_id, position, taken_at, stack_inuse_bytes, NULL
FROM memstats
WHERE stack_inuse_bytes IS NOT NULL
UNION ALL
SELECT 'metrics', source_id, position, taken_at, value_integer, NULL
FROM runtime_metric
WHERE metric = '/memory/classes/heap/stacks:bytes' AND value_integer IS NOT NULL
