-- One row per process and source of GC pauses: the longest, the 99th of 100, and the bounds of each.
--
-- key: source, source_id, process
CREATE VIEW gate._pause (
  -- trace, gctrace, memstats or metrics, as in `gc.pause_distribution`.
  source,
  -- The first of its files.
  source_id,
  -- The process in it.
  process,
  -- From labels; NULL without one.
  service,
  -- From labels; NULL without one.
  instance,
  -- From labels; NULL without one.
  build,
  -- The longest.
  max_ns,
  -- The least that it was: of metrics where its bucket begins.
  max_low_ns,
  -- 99 of 100 were no longer.
  p99_ns,
  -- The least that it was.
  p99_low_ns
) AS
WITH edges AS (
  SELECT DISTINCT source_id, lower * 1e9 AS lower_ns
  FROM runtime_metric_bucket
  WHERE metric = '/gc/pauses:seconds'
)
SELECT
  pauses.source,
  pauses.source_id,
  pauses.process,
  any_value(pauses.service),
  any_value(pauses.instance),
  any_value(pauses.build),
  any_value(pauses.max_pause_ns),
  coalesce(MAX(edges.lower_ns) FILTER (edges.lower_ns < pauses.max_pause_ns), any_value(pauses.max_pause_ns)),
  any_value(pauses.p99_pause_ns),
  coalesce(MAX(edges.lower_ns) FILTER (edges.lower_ns < pauses.p99_pause_ns), any_value(pauses.p99_pause_ns))
FROM gc.pause_distribution AS pauses
LEFT JOIN edges ON pauses.source = 'metrics' AND edges.source_id = pauses.source_id
GROUP BY pauses.source, pauses.source_id, pauses.process
