-- One row per process of a program and source: how long the GC stopped it.
--
-- By the files of one process (`clock.file`) together, and apart for each that is of no known one. Traces and logs tell each
-- pause, MemStats those of a cycle together, of 256 cycles before each moment; metrics have counted all since the start in
-- buckets, and what they tell is the upper bound of one.
--
-- key: run, source, source_id, process
CREATE VIEW gc.pause_distribution (
  -- The process, as in `clock.file`; NULL when it is not known.
  run,
  -- `trace`, `gctrace`, `memstats` or `metrics`.
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
  -- Pauses; of MemStats cycles.
  pauses,
  -- Half of them were no longer.
  median_pause_ns,
  -- 99 of 100 were no longer.
  p99_pause_ns,
  -- The longest.
  max_pause_ns,
  -- All together; NULL of metrics.
  pause_ns
) AS
WITH latest AS (
  SELECT source_id, process, MAX(position) AS position
  FROM runtime_metric
  WHERE metric = '/gc/pauses:seconds'
  GROUP BY source_id, process
),
buckets AS (
  SELECT
    source_id,
    latest.process,
    -- A bucket without a bound has the one below it.
    CASE WHEN isinf(buckets.upper) THEN buckets.lower ELSE buckets.upper END AS upper,
    int64.clamp(SUM(buckets.count) OVER (PARTITION BY source_id, latest.process ORDER BY buckets.bucket)) AS up_to,
    int64.clamp(SUM(buckets.count) OVER (PARTITION BY source_id, latest.process)) AS pauses
  FROM latest
  JOIN runtime_metric_bucket AS buckets USING (source_id, position)
  WHERE buckets.metric = '/gc/pauses:seconds' AND buckets.count > 0
),
spread AS (
  SELECT
    run,
    source,
    MIN(source_id) AS source_id,
    arg_min(process, source_id) AS process,
    COUNT(*) AS pauses,
    quantile_disc(pause_ns, [0.5, 0.99]) AS quantiles,
    MAX(pause_ns) AS max_pause_ns,
    int64.clamp(SUM(pause_ns)) AS pause_ns
  FROM gc.pause
  WHERE is_gc AND pause_ns IS NOT NULL
  GROUP BY run, source, CASE WHEN run IS NULL THEN source_id END, CASE WHEN run IS NULL THEN process END
  UNION ALL
  SELECT
    any_value(files.run),
    'metrics',
    buckets.source_id,
    buckets.process,
    MAX(buckets.pauses),
    [
      TRY_CAST(MIN(buckets.upper) FILTER (buckets.up_to >= buckets.pauses * 0.5) * 1e9 AS BIGINT),
      TRY_CAST(MIN(buckets.upper) FILTER (buckets.up_to >= buckets.pauses * 0.99) * 1e9 AS BIGINT)
    ],
    TRY_CAST(MAX(buckets.upper) * 1e9 AS BIGINT),
    NULL
  FROM buckets
  LEFT JOIN clock.file AS files ON files.source = 'metrics' AND files.source_id = buckets.source_id
    AND files.process = buckets.process
  GROUP BY buckets.source_id, buckets.process
)
SELECT
  spread.run,
  spread.source,
  spread.source_id,
  spread.process,
  coalesce(processes.service, trace.service),
  coalesce(processes.instance, trace.instance),
  coalesce(processes.build, trace.build),
  spread.pauses,
  spread.quantiles[1],
  spread.quantiles[2],
  spread.max_pause_ns,
  spread.pause_ns
FROM spread
LEFT JOIN process AS processes USING (source_id, process)
LEFT JOIN trace ON spread.source = 'trace' AND trace.source_id = spread.source_id
