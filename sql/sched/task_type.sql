-- One row per trace and type of user tasks: how many, how long they took, and a histogram of that.
--
-- The page of user-defined tasks of `go tool trace`, which puts the background task to those without a name. Durations are of tasks whose
-- begin and end are in the trace.
--
-- key: trace_id, name
CREATE VIEW sched.task_type (
  -- The trace.
  trace_id,
  -- The type, which is what tasks are named; NULL for those that began before the trace.
  name,
  -- How many.
  tasks,
  -- Those of them whose begin and end are in the trace.
  complete_tasks,
  -- How long these took in all; NULL without one.
  duration_ns,
  -- Half of them took at most that.
  p50_ns,
  -- 99 of 100 took at most that.
  p99_ns,
  -- The longest.
  longest_ns,
  -- When the last of all began, on the trace's clock; NULL when none began in the trace.
  last_begin_ns,
  -- Complete tasks by duration: the number of a bucket, of which there are five for every power of ten, `from_ns` and `to_ns`, and `count`.
  histogram
) AS
WITH buckets AS (
  SELECT trace_id, name, sched._bucket(duration_ns) AS bucket, COUNT(*) AS tasks
  FROM sched.task
  WHERE duration_ns IS NOT NULL
  GROUP BY ALL
),
histograms AS (
  SELECT trace_id, name, list(
      {
        'bucket': bucket,
        'from_ns': sched._bucket_ns(bucket),
        'to_ns': sched._bucket_ns(bucket + 1),
        'count': tasks
      }
      ORDER BY bucket
    ) AS histogram
  FROM buckets
  GROUP BY trace_id, name
),
types AS (
  SELECT
    trace_id,
    name,
    COUNT(*) AS tasks,
    COUNT(duration_ns) AS complete_tasks,
    int64.clamp(SUM(duration_ns)) AS duration_ns,
    quantile_disc(duration_ns, 0.5) AS p50_ns,
    quantile_disc(duration_ns, 0.99) AS p99_ns,
    MAX(duration_ns) AS longest_ns,
    MAX(begin_ns) AS last_begin_ns
  FROM sched.task
  GROUP BY trace_id, name
)
SELECT
  types.trace_id,
  types.name,
  types.tasks,
  types.complete_tasks,
  types.duration_ns,
  types.p50_ns,
  types.p99_ns,
  types.longest_ns,
  types.last_begin_ns,
  coalesce(histograms.histogram, [])
FROM types
-- What has a duration has a name: it began in the trace.
LEFT JOIN histograms USING (trace_id, name)
