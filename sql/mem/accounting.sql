-- One row per process and moment: what the memory that it took from the system is used for. The parts add up to the total.
--
-- From MemStats (JSON, expvar, Prometheus' metrics, behind text profiles) and from runtime/metrics written as JSON, which `source` tells
-- apart. A part is NULL where the file does not have what it is made of.
--
-- key: source_id, position, source
CREATE VIEW mem.accounting (
  -- The file.
  source_id,
  -- The moment in it.
  position,
  -- `memstats` or `metrics`.
  source,
  -- The process, as in `process`.
  process,
  -- The same process over all files that are known to tell of it: its first file and the process in it, `12.0`. Of MemStats by the ends of
  -- their cycles, as in `clock.file`; of Prometheus' metrics by equal labels and the same start.
  run,
  -- From labels; NULL without one.
  service,
  -- From labels; NULL without one.
  instance,
  -- When it was, UTC; of MemStats that do not say (/debug/vars) when their last GC ended, at most two minutes before. NULL without one.
  taken_at,
  -- Objects on the heap, reachable or not yet swept.
  objects_bytes,
  -- Of spans in use what no object takes: free slots.
  unused_bytes,
  -- Heap without objects that was not given back.
  free_bytes,
  -- Heap given back to the system; it is address space only.
  released_bytes,
  -- Stacks of goroutines and threads.
  stack_bytes,
  -- The runtime's own: of spans, caches, marking, profiling.
  metadata_bytes,
  -- Anything else of the runtime's.
  other_bytes,
  -- All of these.
  total_bytes,
  -- All but what was given back: what GOMEMLIMIT is about, and what the system counts at most.
  used_bytes,
  -- The heap goal.
  goal_bytes,
  -- GOMEMLIMIT; NULL without one, and where it is not told.
  limit_bytes
) AS
WITH measured AS (
  SELECT
    source_id,
    position,
    any_value(process) AS process,
    any_value(taken_at) AS taken_at,
    MAX(value_integer) FILTER (metric = '/memory/classes/heap/objects:bytes') AS objects_bytes,
    MAX(value_integer) FILTER (metric = '/memory/classes/heap/unused:bytes') AS unused_bytes,
    MAX(value_integer) FILTER (metric = '/memory/classes/heap/free:bytes') AS free_bytes,
    MAX(value_integer) FILTER (metric = '/memory/classes/heap/released:bytes') AS released_bytes,
    int64.clamp(SUM(value_integer) FILTER (
      metric IN ('/memory/classes/heap/stacks:bytes', '/memory/classes/os-stacks:bytes')
    )) AS stack_bytes,
    int64.clamp(SUM(value_integer) FILTER (
      starts_with(metric, '/memory/classes/metadata/') OR metric = '/memory/classes/profiling/buckets:bytes'
    )) AS metadata_bytes,
    MAX(value_integer) FILTER (metric = '/memory/classes/other:bytes') AS other_bytes,
    MAX(value_integer) FILTER (metric = '/memory/classes/total:bytes') AS total_bytes,
    MAX(value_integer) FILTER (metric = '/gc/heap/goal:bytes') AS goal_bytes,
    -- Without a limit it is the largest number there is.
    nullif(MAX(value_integer) FILTER (metric = '/gc/gomemlimit:bytes'), 9223372036854775807) AS limit_bytes
  FROM runtime_metric
  WHERE starts_with(metric, '/')
  GROUP BY source_id, position
),
moments AS (
  SELECT
    source_id,
    position,
    'memstats' AS source,
    process,
    coalesce(taken_at, last_gc_at) AS taken_at,
    heap_alloc_bytes AS objects_bytes,
    int64.clamp(heap_inuse_bytes::HUGEINT - heap_alloc_bytes) AS unused_bytes,
    int64.clamp(heap_idle_bytes::HUGEINT - heap_released_bytes) AS free_bytes,
    heap_released_bytes AS released_bytes,
    stack_sys_bytes AS stack_bytes,
    int64.clamp(mspan_sys_bytes::HUGEINT + mcache_sys_bytes + bucket_hash_sys_bytes + gc_sys_bytes) AS metadata_bytes,
    other_sys_bytes AS other_bytes,
    sys_bytes AS total_bytes,
    next_gc_bytes AS goal_bytes,
    NULL AS limit_bytes
  FROM memstats
  UNION ALL
  SELECT source_id, position, 'metrics', * EXCLUDE (source_id, position) FROM measured WHERE total_bytes IS NOT NULL
),
runs AS (
  SELECT
    processes.source_id,
    processes.process,
    coalesce(
      told.run,
      first_value(concat(source_id, '.', process)) OVER (
        PARTITION BY
          processes.labels,
          processes.prefix,
          CASE WHEN processes.started_by = 'metric' THEN processes.started_at END,
          CASE WHEN processes.started_by IS DISTINCT FROM 'metric' THEN concat(source_id, '.', process) END
        ORDER BY source_id, process
      )
    ) AS run
  FROM process AS processes
  LEFT JOIN clock._memstats AS told USING (source_id, process)
)
SELECT
  moments.source_id,
  moments.position,
  moments.source,
  moments.process,
  coalesce(runs.run, concat(moments.source_id, '.', moments.process)),
  processes.service,
  processes.instance,
  moments.taken_at,
  moments.objects_bytes,
  moments.unused_bytes,
  moments.free_bytes,
  moments.released_bytes,
  moments.stack_bytes,
  moments.metadata_bytes,
  moments.other_bytes,
  moments.total_bytes,
  int64.clamp(moments.total_bytes::HUGEINT - moments.released_bytes),
  moments.goal_bytes,
  moments.limit_bytes
FROM moments
LEFT JOIN process AS processes USING (source_id, process)
LEFT JOIN runs USING (source_id, process)
