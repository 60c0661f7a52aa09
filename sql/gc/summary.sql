-- One row per process of a log with gctrace lines, all parts of it together (`clock.file`), and per trace with GC cycles: what the collector did in all.
--
-- And per process of MemStats of which neither tells, by the files' labels: those know how many cycles there were, and the
-- pauses of the last 256 before each moment.
--
-- key: source, source_id, process
CREATE VIEW gc.summary (
  -- `trace`, `gctrace` or `memstats`.
  source,
  -- The file; of a log in parts the one with its first cycle.
  source_id,
  -- The process in a log, as in `process`; 0 for a trace.
  process,
  -- Where the file was found first.
  uri,
  -- Files that tell of it: parts of a log; 1 of others.
  files,
  -- What its lines have in front, as in `process`; empty where nothing does, NULL for a trace.
  prefix,
  -- From labels; NULL without one.
  service,
  -- From labels; NULL without one.
  instance,
  -- From labels; NULL without one.
  build,
  -- Cycles in it; of MemStats since the process started.
  cycles,
  -- From the beginning of the first cycle to that of the last; NULL of MemStats.
  span_ns,
  -- Cycles that the heap began, as it had reached its trigger.
  heap_cycles,
  -- Cycles that two minutes without one began.
  periodic_cycles,
  -- Cycles that the program asked for.
  forced_cycles,
  -- Stops of the world for them; of MemStats cycles whose stops are told, each with all of its.
  pauses,
  -- Half of the stops were no longer.
  median_pause_ns,
  -- 99 of 100 were no longer.
  p99_pause_ns,
  -- The longest.
  max_pause_ns,
  -- All together.
  pause_ns,
  -- Share of the process's processor time that the GC has taken, 0 to 1: since its start, as the last line says; of a trace while it
  -- lasted, as the runtime counts it, idle workers left out. NULL where GOMAXPROCS is not told.
  cpu_share,
  -- Share of assists in all marking; NULL where nothing marked.
  assist_share,
  -- What the first cycle found reachable; NULL where a trace does not tell.
  first_live_bytes,
  -- What the last one did.
  last_live_bytes,
  -- The goal of the last cycle; NULL without one.
  last_goal_bytes
) AS
WITH cycles AS (
  SELECT
    'gctrace' AS source,
    parts.log_source_id AS source_id,
    parts.log_process AS process,
    cycle,
    start_ns,
    CASE WHEN is_forced THEN 'forced' WHEN is_periodic THEN 'periodic' ELSE 'heap' END AS cause,
    assist_cpu_ns AS assist_ns,
    assist_cpu_ns::HUGEINT + background_cpu_ns + idle_cpu_ns AS mark_ns,
    heap_live_bytes AS live_bytes,
    goal_bytes,
    cpu_percent,
    NULL AS worked_ns,
    NULL AS procs
  FROM gctrace_cycle
  JOIN clock._log_part AS parts USING (source_id, process)
  WHERE cycle >= parts.first_cycle
  UNION ALL
  SELECT
    'trace',
    trace.source_id,
    0,
    cycles.cycle_index,
    coalesce(cycles.start_ns, trace.start_ns),
    cycles."trigger",
    cycles.assist_ns,
    cycles.assist_ns::HUGEINT + cycles.background_ns + cycles.idle_ns,
    cycles.heap_marked_bytes,
    cycles.heap_goal_bytes,
    NULL,
    cycles.assist_ns::HUGEINT + cycles.background_ns,
    cycles.procs
  FROM gc._trace_cycle AS cycles
  JOIN trace USING (trace_id)
),
stops AS (
  SELECT
    'gctrace' AS source,
    parts.log_source_id AS source_id,
    parts.log_process AS process,
    unnest([sweep_termination_ns, mark_termination_ns]) AS pause_ns
  FROM gctrace_cycle
  JOIN clock._log_part AS parts USING (source_id, process)
  WHERE cycle >= parts.first_cycle
  UNION ALL
  SELECT 'trace', trace.source_id, 0, pauses.pause_ns
  FROM gc._trace_pause AS pauses
  JOIN trace USING (trace_id)
  WHERE pauses.is_gc AND pauses.pause_ns IS NOT NULL
),
stopped AS (
  SELECT
    source,
    source_id,
    process,
    COUNT(*) AS pauses,
    quantile_disc(pause_ns, 0.5) AS median_pause_ns,
    quantile_disc(pause_ns, 0.99) AS p99_pause_ns,
    MAX(pause_ns) AS max_pause_ns,
    int64.clamp(SUM(pause_ns)) AS pause_ns
  FROM stops
  GROUP BY source, source_id, process
),
summed AS (
  SELECT
    source,
    source_id,
    process,
    COUNT(*) AS cycles,
    int64.clamp(MAX(start_ns)::HUGEINT - MIN(start_ns)) AS span_ns,
    COUNT(*) FILTER (cause = 'heap') AS heap_cycles,
    COUNT(*) FILTER (cause = 'periodic') AS periodic_cycles,
    COUNT(*) FILTER (cause = 'forced') AS forced_cycles,
    arg_max(cpu_percent, cycle) / 100 AS cpu_share,
    int64.clamp(SUM(worked_ns)) AS worked_ns,
    MAX(procs) AS procs,
    int64.clamp(SUM(assist_ns)) / nullif(int64.clamp(SUM(mark_ns)), 0) AS assist_share,
    arg_min(live_bytes, cycle) AS first_live_bytes,
    arg_max(live_bytes, cycle) AS last_live_bytes,
    arg_max(goal_bytes, cycle) AS last_goal_bytes
  FROM cycles
  GROUP BY source, source_id, process
)
SELECT
  summed.source,
  summed.source_id,
  summed.process,
  files.uri,
  coalesce(parts.files, 1),
  processes.prefix,
  coalesce(processes.service, trace.service),
  coalesce(processes.instance, trace.instance),
  coalesce(processes.build, trace.build),
  summed.cycles,
  summed.span_ns,
  summed.heap_cycles,
  summed.periodic_cycles,
  summed.forced_cycles,
  coalesce(stopped.pauses, 0),
  stopped.median_pause_ns,
  stopped.p99_pause_ns,
  stopped.max_pause_ns,
  coalesce(stopped.pause_ns, 0),
  coalesce(
    summed.cpu_share,
    -- All procs stand still in a stop.
    (summed.worked_ns + coalesce(stopped.pause_ns, 0)::HUGEINT * summed.procs)
    / nullif((trace.end_ns::HUGEINT - trace.start_ns) * summed.procs, 0)
  ),
  summed.assist_share,
  summed.first_live_bytes,
  summed.last_live_bytes,
  summed.last_goal_bytes
FROM summed
LEFT JOIN source AS files USING (source_id)
LEFT JOIN stopped USING (source, source_id, process)
LEFT JOIN (
  SELECT log_source_id, log_process, COUNT(*) AS files FROM clock._log_part GROUP BY log_source_id, log_process
) AS parts
  ON summed.source = 'gctrace' AND parts.log_source_id = summed.source_id AND parts.log_process = summed.process
LEFT JOIN process AS processes
  ON summed.source = 'gctrace' AND processes.source_id = summed.source_id AND processes.process = summed.process
LEFT JOIN trace ON summed.source = 'trace' AND trace.source_id = summed.source_id
UNION ALL
SELECT
  'memstats',
  told.source_id,
  told.process,
  files.uri,
  1,
  processes.prefix,
  processes.service,
  processes.instance,
  processes.build,
  told.cycles,
  NULL,
  0,
  0,
  told.forced_cycles,
  told.pauses,
  told.median_pause_ns,
  told.p99_pause_ns,
  told.max_pause_ns,
  told.pause_ns,
  told.cpu_share,
  NULL,
  NULL,
  NULL,
  told.goal_bytes
FROM gc._memstats AS told
LEFT JOIN source AS files ON files.source_id = told.source_id
LEFT JOIN process AS processes ON processes.source_id = told.source_id AND processes.process = told.process
