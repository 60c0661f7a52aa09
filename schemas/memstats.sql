-- One row per moment at which runtime.MemStats was written down.
--
-- As JSON (an object, an array, JSON lines, `/debug/vars`), behind a text heap profile, or as metrics of Prometheus' Go client
-- (`go_memstats_*`), which have fewer. A value that the file does not have is NULL. Source: runtime/mstats.go.
--
-- key: source_id, position
CREATE TABLE memstats (
  -- The file it was read from.
  source_id INTEGER NOT NULL REFERENCES source(source_id),
  -- Its place in the file, from 0.
  position BIGINT NOT NULL,
  -- The process, as in `process`.
  process INTEGER NOT NULL,
  -- When it was taken, UTC, as the file says beside it; NULL when it does not.
  taken_at TIMESTAMP,
  -- HeapAlloc and Alloc: objects reachable or not yet swept.
  heap_alloc_bytes BIGINT,
  -- TotalAlloc: allocated since the start.
  total_alloc_bytes BIGINT,
  -- Sys: taken from the system, all below together.
  sys_bytes BIGINT,
  -- Mallocs: objects allocated since the start.
  mallocs BIGINT,
  -- Frees: objects freed since the start.
  frees BIGINT,
  -- HeapSys: address space of the heap.
  heap_sys_bytes BIGINT,
  -- HeapIdle: spans without objects.
  heap_idle_bytes BIGINT,
  -- HeapInuse: spans with objects.
  heap_inuse_bytes BIGINT,
  -- HeapReleased: idle memory given back to the system.
  heap_released_bytes BIGINT,
  -- HeapObjects: objects not yet freed.
  heap_objects BIGINT,
  -- StackInuse: spans with goroutine stacks.
  stack_inuse_bytes BIGINT,
  -- StackSys: these and the stacks of threads.
  stack_sys_bytes BIGINT,
  -- MSpanInuse: descriptions of spans in use.
  mspan_inuse_bytes BIGINT,
  -- MSpanSys.
  mspan_sys_bytes BIGINT,
  -- MCacheInuse: caches of procs in use.
  mcache_inuse_bytes BIGINT,
  -- MCacheSys.
  mcache_sys_bytes BIGINT,
  -- BuckHashSys: tables of profiling.
  bucket_hash_sys_bytes BIGINT,
  -- GCSys: metadata of the GC.
  gc_sys_bytes BIGINT,
  -- OtherSys: everything else of the runtime's.
  other_sys_bytes BIGINT,
  -- NextGC: the heap goal.
  next_gc_bytes BIGINT,
  -- LastGC: end of the last cycle, UTC; NULL before the first.
  last_gc_at TIMESTAMP,
  -- PauseTotalNs: pauses of the GC since the start.
  pause_total_ns BIGINT,
  -- NumGC: cycles since the start.
  cycles BIGINT,
  -- NumForcedGC: cycles that the program asked for.
  forced_cycles BIGINT,
  -- GCCPUFraction: share of processor time that the GC took since the start, 0 to 1.
  gc_cpu_fraction DOUBLE,
  -- The most memory resident at any time, as the system counts it; NULL but for text profiles on unix.
  max_rss_bytes BIGINT
);

-- One row per moment and size class: MemStats.BySize, which ends at 18,432 bytes.
--
-- key: source_id, position, size_bytes
CREATE TABLE memstats_size_class (
  -- The file it was read from.
  source_id INTEGER NOT NULL REFERENCES source(source_id),
  -- The moment, as in `memstats`.
  position BIGINT NOT NULL,
  -- Size of the class's objects; the class of 0, which has none, is left out.
  size_bytes BIGINT NOT NULL,
  -- Objects allocated since the start; tiny ones that share a block are not counted singly.
  mallocs BIGINT NOT NULL,
  -- Objects freed since the start.
  frees BIGINT NOT NULL
);

-- One row per process and GC cycle whose pause it still knew: MemStats.PauseNs and PauseEnd, at most 256 at any moment.
--
-- Moments repeat each other's; a cycle's pause stands here once.
--
-- key: source_id, process, cycle
CREATE TABLE memstats_pause (
  -- The file it was read from.
  source_id INTEGER NOT NULL REFERENCES source(source_id),
  -- The process, as in `process`.
  process INTEGER NOT NULL,
  -- The first moment that tells of it, as in `memstats`.
  position BIGINT NOT NULL,
  -- Number of the cycle, from 1.
  cycle BIGINT NOT NULL,
  -- How long the world was stopped in it, all its pauses together.
  pause_ns BIGINT NOT NULL,
  -- When the last of them ended, nanoseconds since 1970; NULL when only the pauses are there.
  ended_ns BIGINT
);

-- One row per moment and metric: runtime/metrics as JSON, or what Prometheus' Go client exposes of the runtime and the process.
--
-- key: source_id, position, metric
CREATE TABLE runtime_metric (
  -- The file it was read from.
  source_id INTEGER NOT NULL REFERENCES source(source_id),
  -- The moment, from 0 in the file's order; what several processes said at once are moments of their own.
  position BIGINT NOT NULL,
  -- The process, as in `process`.
  process INTEGER NOT NULL,
  -- When it was read, UTC, as the file says beside it; NULL when it does not.
  taken_at TIMESTAMP,
  -- As the file names it: `/gc/heap/live:bytes`, `go_goroutines`; labels of Prometheus' metrics behind it in braces.
  metric VARCHAR NOT NULL,
  -- A whole number; NULL for others, and for a histogram.
  value_integer BIGINT,
  -- The value; NULL for a histogram, and for NaN.
  value DOUBLE,
  -- All its counts together; NULL for what is no histogram.
  sample_count BIGINT
);

-- One row per moment, metric and bucket of a histogram that has anything in it.
--
-- Histograms of Prometheus' text have their bounds the other way round: `lower` left out and `upper` included.
--
-- key: source_id, position, metric, bucket
CREATE TABLE runtime_metric_bucket (
  -- The file it was read from.
  source_id INTEGER NOT NULL REFERENCES source(source_id),
  -- The moment, as in `runtime_metric`.
  position BIGINT NOT NULL,
  -- The histogram.
  metric VARCHAR NOT NULL,
  -- Number of the bucket, from 0.
  bucket INTEGER NOT NULL,
  -- From here on, this included; negative infinity where there is no bound.
  lower DOUBLE NOT NULL,
  -- Up to here, this left out; infinity where there is no bound.
  upper DOUBLE NOT NULL,
  -- How many.
  count BIGINT NOT NULL
);
