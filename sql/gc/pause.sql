-- One row per time that a program was stopped, as far as a source tells them apart: for the GC, or for anything else.
--
-- Of a trace every stop, from the wish to stop until the world is started again; what runs long before it stops is part of it. A log
-- of GODEBUG=gctrace=1 tells the two of each cycle, once for all parts of a log, MemStats their sum, once for all files of a process. Metrics only
-- have a distribution (`gc.pause_distribution`).
--
-- key: source, source_id, process, pause_index
CREATE VIEW gc.pause (
  -- `trace`, `gctrace` or `memstats`.
  source,
  -- The file.
  source_id,
  -- The process in it, as in `process`; 0 for a trace.
  process,
  -- The pause among a trace's ranges; of a log twice the cycle's number and, of the first pause, one less; of MemStats the number.
  pause_index,
  -- Why, in the runtime's words: `GC sweep termination`, `GC mark termination`, `GOMAXPROCS`, `read mem stats`; `GC` for all
  -- pauses of a cycle together.
  reason,
  -- Whether the GC stops the world, and not the program.
  is_gc,
  -- The runtime's number of the GC cycle that it is for; NULL for none, and where it is not known.
  cycle,
  -- The process that the file is of, as in `clock.file`; NULL where nothing says.
  run,
  -- The trace; NULL of others.
  trace_id,
  -- When the stopping began, by the source's own time: of a log since the start of the process; NULL when that is not told.
  start_ns,
  -- When the world was started again, likewise; of MemStats since 1970.
  end_ns,
  -- Wall-clock time of the end, UTC; NULL when it is not known (`clock.file`).
  ended_at,
  -- How long it took; NULL when an end is not in the trace.
  pause_ns,
  -- The goroutine that stops the world; NULL but for a trace.
  goroutine,
  -- Where it does; NULL but for a trace.
  stack_id,
  -- The cycle's place in the trace, from 0; NULL for none.
  cycle_index
) AS
WITH pauses AS (
  SELECT
    'trace' AS source,
    trace.source_id,
    0 AS process,
    stops.range_index AS pause_index,
    numbers.cycle,
    stops.* EXCLUDE (range_index, started_at)
  FROM gc._trace_pause AS stops
  JOIN trace USING (trace_id)
  LEFT JOIN clock.trace_cycle AS numbers USING (trace_id, cycle_index)
  UNION ALL BY NAME
  SELECT
    'gctrace' AS source,
    source_id,
    process,
    int64.clamp(cycle::HUGEINT * 2 - 1) AS pause_index,
    cycle,
    'GC sweep termination' AS reason,
    TRUE AS is_gc,
    start_ns,
    int64.clamp(start_ns::HUGEINT + sweep_termination_ns) AS end_ns,
    sweep_termination_ns AS pause_ns
  FROM gctrace_cycle
  JOIN clock._log_part AS parts USING (source_id, process)
  WHERE cycle >= parts.first_cycle
  UNION ALL BY NAME
  SELECT
    'gctrace' AS source,
    source_id,
    process,
    int64.clamp(cycle::HUGEINT * 2) AS pause_index,
    cycle,
    'GC mark termination' AS reason,
    TRUE AS is_gc,
    int64.clamp(start_ns::HUGEINT + sweep_termination_ns + mark_ns) AS start_ns,
    int64.clamp(start_ns::HUGEINT + sweep_termination_ns + mark_ns + mark_termination_ns) AS end_ns,
    mark_termination_ns AS pause_ns
  FROM gctrace_cycle
  JOIN clock._log_part AS parts USING (source_id, process)
  WHERE cycle >= parts.first_cycle
  UNION ALL BY NAME
  SELECT
    'memstats' AS source,
    source_id,
    process,
    cycle AS pause_index,
    cycle,
    'GC' AS reason,
    TRUE AS is_gc,
    ended_ns AS end_ns,
    pause_ns
  FROM (
    SELECT source_id, process, cycle, ended_ns, pause_ns FROM clock._pause
    UNION ALL
    SELECT source_id, process, cycle, NULL, pause_ns FROM memstats_pause WHERE ended_ns IS NULL
  )
)
SELECT
  source,
  source_id,
  process,
  pauses.pause_index,
  pauses.reason,
  pauses.is_gc,
  pauses.cycle,
  files.run,
  pauses.trace_id,
  pauses.start_ns,
  pauses.end_ns,
  TRY(make_timestamp(int64.clamp((pauses.end_ns::HUGEINT + files.offset_ns) // 1000))),
  pauses.pause_ns,
  pauses.goroutine,
  pauses.stack_id,
  pauses.cycle_index
FROM pauses
LEFT JOIN clock.file AS files USING (source, source_id, process)
