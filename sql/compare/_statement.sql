-- One row per size of the heap that any file of a run tells, by the cycle that it is about.
--
-- key: run, cycle, quantity, source, source_id, process, position
CREATE VIEW compare._statement (
  -- The run, as in `clock.file`.
  run,
  -- The cycle.
  cycle,
  -- As in `compare.heap_sources`.
  quantity,
  -- Who tells it, the most exact source first: `trace`, `metrics`, `memstats`, `gctrace`, `pacer`, `profile`.
  source,
  -- The file.
  source_id,
  -- The process in it.
  process,
  -- The moment in it, or the cycle of a trace; NULL of a log and a profile.
  position,
  -- When, nanoseconds since 1970; NULL when that is not told.
  at_ns,
  -- What it tells.
  bytes,
  -- What it is cut off to: 1, or 1 MiB.
  unit_bytes,
  -- Of moments what was allocated since the start of the process; NULL of others.
  allocated_bytes,
  -- Of moments what was freed since then: a metric, of MemStats what is not there any more; NULL of others.
  freed_bytes
) AS
WITH measured AS (
  SELECT
    source_id,
    process,
    position,
    int64.clamp(epoch_us(any_value(taken_at))::HUGEINT * 1000) AS at_ns,
    MAX(value_integer) FILTER (metric = '/gc/cycles/total:gc-cycles') AS cycle,
    MAX(value_integer) FILTER (metric = '/gc/heap/live:bytes') AS marked,
    MAX(value_integer) FILTER (metric = '/gc/heap/goal:bytes') AS goal,
    MAX(value_integer) FILTER (metric = '/memory/classes/heap/objects:bytes') AS objects,
    MAX(value_integer) FILTER (metric = '/gc/heap/allocs:bytes') AS allocated,
    MAX(value_integer) FILTER (metric = '/gc/heap/frees:bytes') AS freed
  FROM runtime_metric
  WHERE metric IN (
    '/gc/cycles/total:gc-cycles', '/gc/heap/live:bytes', '/gc/heap/goal:bytes', '/memory/classes/heap/objects:bytes',
    '/gc/heap/allocs:bytes', '/gc/heap/frees:bytes'
  )
  GROUP BY source_id, process, position
),
moments AS (
  SELECT
    'metrics' AS source,
    source_id,
    process,
    position,
    at_ns,
    allocated,
    freed,
    unnest([
      {cycle: cycle, quantity: 'marked', bytes: marked},
      -- The goal is that of the cycle to come.
      {cycle: int64.clamp(cycle::HUGEINT + 1), quantity: 'goal', bytes: goal},
      {cycle: cycle, quantity: 'objects', bytes: objects}
    ]) AS said
  FROM measured
  UNION ALL
  SELECT
    'memstats',
    source_id,
    process,
    position,
    int64.clamp(epoch_us(taken_at)::HUGEINT * 1000),
    total_alloc_bytes,
    int64.clamp(total_alloc_bytes::HUGEINT - heap_alloc_bytes),
    unnest([
      {cycle: int64.clamp(cycles::HUGEINT + 1), quantity: 'goal', bytes: next_gc_bytes},
      {cycle: cycles, quantity: 'objects', bytes: heap_alloc_bytes}
    ])
  FROM memstats
),
logged AS (
  SELECT
    'gctrace' AS source,
    source_id,
    process,
    cycle,
    1048576 AS unit_bytes,
    parts.log_source_id,
    parts.log_process,
    unnest([
    {quantity: 'start', bytes: heap_start_bytes},
    {quantity: 'end', bytes: heap_end_bytes},
    {quantity: 'marked', bytes: heap_live_bytes},
    {quantity: 'goal', bytes: goal_bytes}
  ]) AS said
  FROM gctrace_cycle
  JOIN clock._log_part AS parts USING (source_id, process)
  WHERE cycle >= parts.first_cycle
  UNION ALL
  SELECT
    'pacer',
    source_id,
    process,
    cycle,
    1,
    parts.log_source_id,
    parts.log_process,
    {quantity: 'end', bytes: heap_end_bytes}
  FROM gctrace_pacer
  JOIN clock._log_part AS parts USING (source_id, process)
  WHERE cycle >= parts.first_cycle
),
traced AS (
  SELECT numbers.run, numbers.cycle, heaps.cycle_index, trace_id, unnest([
    {quantity: 'start', bytes: heaps.heap_live_bytes},
    {quantity: 'end', bytes: heaps.heap_end_bytes},
    {quantity: 'marked', bytes: heaps.heap_marked_bytes},
    {quantity: 'goal', bytes: heaps.heap_goal_bytes}
  ]) AS said
  FROM gc._heap AS heaps
  JOIN clock.trace_cycle AS numbers USING (trace_id, cycle_index)
),
profiles AS (
  SELECT
    files.run,
    profile.source_id,
    nullif(profile.time_ns, 0) AS at_ns,
    heaps.inuse_bytes,
    own.cycles
  FROM heap.profiles AS heaps
  JOIN profile USING (profile_id)
  JOIN clock.file AS files ON files.source = 'profile' AND files.source_id = profile.source_id
  LEFT JOIN (SELECT source_id, MAX(cycles) AS cycles FROM memstats GROUP BY source_id) AS own
    ON own.source_id = profile.source_id
  WHERE files.run IS NOT NULL
)
SELECT
  files.run,
  said.cycle,
  said.quantity,
  source,
  source_id,
  process,
  position,
  at_ns,
  said.bytes,
  1,
  allocated,
  freed
FROM moments
JOIN clock.file AS files USING (source, source_id, process)
WHERE files.run IS NOT NULL AND said.bytes IS NOT NULL AND said.cycle IS NOT NULL
UNION ALL
SELECT
  logs.run,
  logged.cycle,
  logged.said.quantity,
  logged.source,
  logged.source_id,
  logged.process,
  NULL,
  NULL,
  logged.said.bytes,
  unit_bytes,
  NULL,
  NULL
FROM logged
JOIN clock._log AS logs ON logs.source_id = logged.log_source_id AND logs.process = logged.log_process
WHERE logged.said.bytes IS NOT NULL AND logged.cycle IS NOT NULL
UNION ALL
SELECT
  run,
  cycle,
  said.quantity,
  'trace',
  trace.source_id,
  0,
  cycle_index,
  NULL,
  said.bytes,
  1,
  NULL,
  NULL
FROM traced
JOIN trace USING (trace_id)
WHERE said.bytes IS NOT NULL
UNION ALL
SELECT
  profiles.run,
  coalesce(profiles.cycles, ends.cycle),
  'profile',
  'profile',
  source_id,
  0,
  NULL,
  at_ns,
  inuse_bytes,
  1,
  NULL,
  NULL
FROM profiles
-- The last cycle that had ended.
ASOF LEFT JOIN clock.cycle AS ends ON ends.run = profiles.run AND ends.ended_ns <= profiles.at_ns
WHERE coalesce(profiles.cycles, ends.cycle) IS NOT NULL
