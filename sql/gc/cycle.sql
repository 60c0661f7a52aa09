-- One row per GC cycle that a source tells of: a trace, a log of GODEBUG=gctrace=1, MemStats or metrics.
--
-- Each tells what it knows, and the rest is NULL. Parts of a log tell of a cycle once (`clock.file`). MemStats tell of pauses, of the
-- last 256 cycles, once for all files of a process; metrics of the last cycle before each moment. `cycle` is the runtime's number, by which rows of one process (`run`) are of one
-- cycle. A cycle that was going on before a trace, or that it ends in, has NULL for what the trace does not show, and counts and
-- times of the rest. A log prints sizes in whole MiB.
--
-- key: source, source_id, process, cycle_index
CREATE VIEW gc.cycle (
  -- `trace`, `gctrace`, `memstats` or `metrics`.
  source,
  -- The file.
  source_id,
  -- The process in it, as in `process`; 0 for a trace.
  process,
  -- Its place in a trace, from 0; of others its number.
  cycle_index,
  -- The runtime's number, from 1: MemStats.NumGC after it; NULL of a trace of whose process nothing else tells.
  cycle,
  -- The process that the file is of, as in `clock.file`; NULL where nothing says.
  run,
  -- The trace; NULL of others.
  trace_id,
  -- When it began, by the source's own time: of a log since the start of the process; NULL when that is not told.
  start_ns,
  -- When it ended, of a trace when marking did, likewise; of MemStats since 1970.
  end_ns,
  -- Wall-clock time of the start, UTC; NULL when it is not known (`clock.file`).
  started_at,
  -- From start to end; NULL when either is not told.
  duration_ns,
  -- `heap` (it had reached its trigger), `forced` (runtime.GC, debug.FreeOSMemory), `periodic` (two minutes without one); NULL when
  -- it is not told.
  "trigger",
  -- Where it was begun; NULL but for a trace.
  stack_id,
  -- GOMAXPROCS as it began.
  procs,
  -- Live bytes as it began, by the runtime's count, which takes each P's spans as full.
  heap_live_bytes,
  -- Live bytes as marking ended, by the same count.
  heap_end_bytes,
  -- Bytes that marking found reachable.
  heap_marked_bytes,
  -- The heap goal as it began, which it tries to end below; NULL without one.
  heap_goal_bytes,
  -- The goal that was set at its end, for the next one.
  next_goal_bytes,
  -- Times that the GC stopped the world for it; NULL where only their sum is told.
  pause_count,
  -- How long, in all.
  pause_ns,
  -- Assists that began in it.
  assist_count,
  -- Processor time of assists.
  assist_ns,
  -- That of dedicated and fractional workers.
  background_ns,
  -- That of idle workers, on procs that had nothing else to do.
  idle_ns,
  -- Mean share of the procs left to the program meanwhile, 0 to 1 (see gc.utilisation); NULL but for a trace.
  utilisation
) AS
WITH told AS (
  SELECT
    source_id,
    process,
    MAX(value_integer) FILTER (metric = '/gc/cycles/total:gc-cycles') AS cycle,
    MAX(value_integer) FILTER (metric = '/gc/heap/live:bytes') AS marked_bytes,
    MAX(value_integer) FILTER (metric = '/gc/heap/goal:bytes') AS goal_bytes,
    position
  FROM runtime_metric
  WHERE metric IN ('/gc/cycles/total:gc-cycles', '/gc/heap/live:bytes', '/gc/heap/goal:bytes')
  GROUP BY source_id, process, position
),
goals AS (
  SELECT source_id, process, cycles AS cycle, MIN(next_gc_bytes) AS goal_bytes
  FROM memstats
  GROUP BY source_id, process, cycles
),
cycles AS (
  SELECT
    'trace' AS source,
    trace.source_id,
    0 AS process,
    cycles.cycle_index,
    numbers.cycle,
    cycles.* EXCLUDE (cycle_index, started_at)
  FROM gc._trace_cycle AS cycles
  JOIN trace USING (trace_id)
  LEFT JOIN clock.trace_cycle AS numbers USING (trace_id, cycle_index)
  UNION ALL BY NAME
  SELECT
    'gctrace' AS source,
    source_id,
    process,
    cycle AS cycle_index,
    cycle,
    start_ns,
    int64.clamp(start_ns::HUGEINT + sweep_termination_ns + mark_ns + mark_termination_ns) AS end_ns,
    int64.clamp(sweep_termination_ns::HUGEINT + mark_ns + mark_termination_ns) AS duration_ns,
    CASE WHEN is_forced THEN 'forced' WHEN is_periodic THEN 'periodic' ELSE 'heap' END AS "trigger",
    procs,
    heap_start_bytes AS heap_live_bytes,
    heap_end_bytes,
    heap_live_bytes AS heap_marked_bytes,
    goal_bytes AS heap_goal_bytes,
    2 AS pause_count,
    int64.clamp(sweep_termination_ns::HUGEINT + mark_termination_ns) AS pause_ns,
    assist_cpu_ns AS assist_ns,
    background_cpu_ns AS background_ns,
    idle_cpu_ns AS idle_ns
  FROM gctrace_cycle
  JOIN clock._log_part AS parts USING (source_id, process)
  WHERE cycle >= parts.first_cycle
  UNION ALL BY NAME
  SELECT
    'memstats' AS source,
    source_id,
    process,
    pauses.cycle AS cycle_index,
    pauses.cycle,
    pauses.ended_ns AS end_ns,
    pauses.pause_ns,
    goals.goal_bytes AS next_goal_bytes
  FROM (
    SELECT source_id, process, cycle, ended_ns, pause_ns FROM clock._pause
    UNION ALL
    SELECT source_id, process, cycle, NULL, pause_ns FROM memstats_pause WHERE ended_ns IS NULL
  ) AS pauses
  LEFT JOIN goals USING (source_id, process, cycle)
  UNION ALL BY NAME
  SELECT
    'metrics' AS source,
    source_id,
    process,
    cycle AS cycle_index,
    cycle,
    arg_max(marked_bytes, position) AS heap_marked_bytes,
    arg_max(goal_bytes, position) AS next_goal_bytes
  FROM told
  WHERE cycle > 0
  GROUP BY source_id, process, cycle
)
SELECT
  source,
  source_id,
  process,
  cycles.cycle_index,
  cycles.cycle,
  files.run,
  cycles.trace_id,
  cycles.start_ns,
  cycles.end_ns,
  TRY(make_timestamp(int64.clamp((cycles.start_ns::HUGEINT + files.offset_ns) // 1000))),
  cycles.duration_ns,
  cycles."trigger",
  cycles.stack_id,
  cycles.procs,
  cycles.heap_live_bytes,
  cycles.heap_end_bytes,
  cycles.heap_marked_bytes,
  cycles.heap_goal_bytes,
  cycles.next_goal_bytes,
  cycles.pause_count,
  cycles.pause_ns,
  cycles.assist_count,
  cycles.assist_ns,
  cycles.background_ns,
  cycles.idle_ns,
  cycles.utilisation
FROM cycles
LEFT JOIN clock.file AS files USING (source, source_id, process)
