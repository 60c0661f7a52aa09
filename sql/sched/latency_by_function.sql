-- One row per trace and entry function: how long its goroutines had to wait for a proc, each time they could run, and a histogram of that.
--
-- All of the times that a goroutine was runnable, the first included, as far as they lie in the trace, so that they add up to the
-- `Sched wait time` of `go tool trace`.
--
-- key: trace_id, function
CREATE VIEW sched.latency_by_function (
  -- The trace.
  trace_id,
  -- The function that the goroutines were started with; NULL for all of whom the trace has no stack.
  function,
  -- Goroutines that waited.
  goroutines,
  -- How often they waited.
  waits,
  -- How long in all.
  delay_ns,
  -- Half of the waits took at most that.
  p50_ns,
  -- 90 of 100 took at most that.
  p90_ns,
  -- 99 of 100 took at most that.
  p99_ns,
  -- The longest.
  max_ns,
  -- Waits by duration: the number of a bucket, of which there are five for every power of ten, `from_ns` and `to_ns`, and `count`.
  histogram
) AS
WITH waits AS (
  SELECT trace_id, entry.function, goroutine, duration_ns
  FROM sched._state
  LEFT JOIN sched._entry AS entry USING (trace_id, goroutine)
  WHERE state = 'runnable'
),
buckets AS (
  SELECT trace_id, function, sched._bucket(duration_ns) AS bucket, COUNT(*) AS waits
  FROM waits
  GROUP BY ALL
),
histograms AS (
  SELECT trace_id, function, list(
      {
        'bucket': bucket,
        'from_ns': sched._bucket_ns(bucket),
        'to_ns': sched._bucket_ns(bucket + 1),
        'count': waits
      }
      ORDER BY bucket
    ) AS histogram
  FROM buckets
  GROUP BY trace_id, function
),
functions AS (
  SELECT
    trace_id,
    function,
    COUNT(DISTINCT goroutine) AS goroutines,
    COUNT(*) AS waits,
    int64.clamp(SUM(duration_ns)) AS delay_ns,
    -- Each quantile by itself would keep all values once more.
    quantile_disc(duration_ns, [0.5, 0.9, 0.99]) AS quantiles,
    MAX(duration_ns) AS max_ns
  FROM waits
  GROUP BY trace_id, function
)
SELECT
  functions.trace_id,
  functions.function,
  functions.goroutines,
  functions.waits,
  functions.delay_ns,
  functions.quantiles[1],
  functions.quantiles[2],
  functions.quantiles[3],
  functions.max_ns,
  histograms.histogram
FROM functions
JOIN histograms
  -- Having no function is a group too.
  ON histograms.trace_id = functions.trace_id
  AND histograms.function IS NOT DISTINCT FROM functions.function
