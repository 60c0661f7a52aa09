-- One row per trace, name of user regions and outermost frame they began in: how many, how long they took, and a histogram of that.
--
-- The page of user-defined regions of `go tool trace`, without those it makes up for goroutines that are created in one. Durations
-- are of all regions, as far as they lie in the trace.
--
-- key: trace_id, name, location_id
CREATE VIEW sched.region_type (
  -- The trace.
  trace_id,
  -- Their name.
  name,
  -- The outermost frame of their goroutine as they began; NULL when that was before the trace, or the trace has no stack of it.
  location_id,
  -- Its function.
  function,
  -- Its file.
  file,
  -- The line it was at.
  line,
  -- How many.
  regions,
  -- Those of them whose begin and end are in the trace.
  complete_regions,
  -- How long they took in all.
  duration_ns,
  -- Half of them took at most that.
  p50_ns,
  -- 99 of 100 took at most that.
  p99_ns,
  -- The longest.
  longest_ns,
  -- Regions by duration: the number of a bucket, of which there are five for every power of ten, `from_ns` and `to_ns`, and `count`.
  histogram
) AS
WITH spans AS (
  SELECT trace_id, name, root.location_id, root.function, root.file, root.line, duration_ns, is_complete
  FROM sched._region_span AS regions
  LEFT JOIN stack.root AS root USING (stack_id)
),
buckets AS (
  SELECT trace_id, name, location_id, sched._bucket(duration_ns) AS bucket, COUNT(*) AS regions
  FROM spans
  GROUP BY ALL
),
histograms AS (
  SELECT
    trace_id,
    name,
    location_id,
    list(
      {
        'bucket': bucket,
        'from_ns': sched._bucket_ns(bucket),
        'to_ns': sched._bucket_ns(bucket + 1),
        'count': regions
      }
      ORDER BY bucket
    ) AS histogram
  FROM buckets
  GROUP BY trace_id, name, location_id
),
types AS (
  SELECT
    trace_id,
    name,
    location_id,
    MIN(function) AS function,
    MIN(file) AS file,
    MIN(line) AS line,
    COUNT(*) AS regions,
    COUNT(*) FILTER (is_complete) AS complete_regions,
    int64.clamp(SUM(duration_ns)) AS duration_ns,
    quantile_disc(duration_ns, 0.5) AS p50_ns,
    quantile_disc(duration_ns, 0.99) AS p99_ns,
    MAX(duration_ns) AS longest_ns
  FROM spans
  GROUP BY trace_id, name, location_id
)
SELECT
  types.trace_id,
  types.name,
  types.location_id,
  types.function,
  types.file,
  types.line,
  types.regions,
  types.complete_regions,
  types.duration_ns,
  types.p50_ns,
  types.p99_ns,
  types.longest_ns,
  histograms.histogram
FROM types
JOIN histograms
  -- Having no frame is a group too.
  ON histograms.trace_id = types.trace_id
  AND histograms.name = types.name
  AND histograms.location_id IS NOT DISTINCT FROM types.location_id
