-- One row per GC cycle: why it began.
--
-- Of traces (`gc._trace_cycle`) and of logs of GODEBUG=gctrace=1, which `source` tells apart. Parts of a log tell of a cycle once. A log prints sizes in whole MiB.
--
-- key: source_id, process, cycle
CREATE VIEW gc.trigger (
  -- The file.
  source_id,
  -- The process in a log, as in `process`; 0 for a trace.
  process,
  -- In a log the runtime's number, from 1; in a trace `gc._trace_cycle.cycle_index`, from 0.
  cycle,
  -- `trace` or `gctrace`.
  source,
  -- When it began, UTC; NULL without a clock.
  started_at,
  -- `heap` (it had reached its trigger), `periodic` (two minutes without a cycle) or `forced` (runtime.GC,
  -- debug.FreeOSMemory); NULL where a trace does not show it.
  "trigger",
  -- Heap as it began.
  heap_bytes,
  -- The goal it tried to end below; NULL without one (GOGC=off).
  goal_bytes,
  -- Processor time of assists in it: allocations that had to mark, since they were too fast for the workers.
  assist_ns,
  -- Share of assists in all marking; NULL where nothing marked.
  assist_share
) AS
SELECT
  trace.source_id,
  0,
  cycles.cycle_index,
  'trace',
  cycles.started_at,
  cycles."trigger",
  cycles.heap_live_bytes,
  cycles.heap_goal_bytes,
  cycles.assist_ns,
  cycles.assist_ns / nullif(int64.clamp(cycles.assist_ns::HUGEINT + cycles.background_ns + cycles.idle_ns), 0)
FROM gc._trace_cycle AS cycles
JOIN trace USING (trace_id)
UNION ALL
SELECT
  cycles.source_id,
  cycles.process,
  cycles.cycle,
  'gctrace',
  coalesce(TRY(make_timestamp(int64.clamp((cycles.start_ns::HUGEINT + files.offset_ns) // 1000))), cycles.logged_at),
  CASE WHEN cycles.is_forced THEN 'forced' WHEN cycles.is_periodic THEN 'periodic' ELSE 'heap' END,
  cycles.heap_start_bytes,
  cycles.goal_bytes,
  cycles.assist_cpu_ns,
  cycles.assist_cpu_ns
  / nullif(int64.clamp(cycles.assist_cpu_ns::HUGEINT + cycles.background_cpu_ns + cycles.idle_cpu_ns), 0)
FROM gctrace_cycle AS cycles
JOIN clock._log_part AS parts
  ON parts.source_id = cycles.source_id AND parts.process = cycles.process AND cycles.cycle >= parts.first_cycle
LEFT JOIN clock.file AS files
  ON files.source = 'gctrace' AND files.source_id = cycles.source_id AND files.process = cycles.process
