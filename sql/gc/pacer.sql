-- One row per GC cycle of a log or a trace: what the pacer aimed at, and what came of it.
--
-- Of a log with GODEBUG=gcpacertrace=1 to the byte, and with the pacer's own measures; of one with gctrace alone in whole MiB; of a trace by
-- its metrics. The pacer begins a cycle at its trigger so that marking is done as the heap reaches its goal, with a quarter of the processors.
--
-- key: source, source_id, process, cycle_index
CREATE VIEW gc.pacer (
  -- `gcpacertrace`, `gctrace` or `trace`.
  source,
  -- The file.
  source_id,
  -- The process in it, as in `process`; 0 for a trace.
  process,
  -- As in `gc.cycle`: its place in a trace, from 0; of a log its number.
  cycle_index,
  -- The runtime's number; NULL of a trace of whose process nothing else tells.
  cycle,
  -- The process that the file is of, as in `clock.file`; NULL where nothing says.
  run,
  -- Wall-clock time of the start, UTC; NULL when it is not known.
  started_at,
  -- What the cycle before found reachable, which goal and trigger come from; NULL for the first that is told.
  live_bytes,
  -- Heap as it began, to the byte; NULL but for `gcpacertrace`.
  trigger_bytes,
  -- Likewise by gctrace or the trace.
  start_bytes,
  -- Heap that it was to end below; NULL without a goal.
  goal_bytes,
  -- Heap as marking ended.
  end_bytes,
  -- That above the goal; below it when negative.
  overshoot_bytes,
  -- What it found reachable.
  marked_bytes,
  -- Share of the processors that assists, dedicated and fractional workers had, 0 to 1: by the pacer's measure; of a log
  -- without it while the cycle marked; of a trace with its first pause.
  utilisation,
  -- Share that they were to have; NULL but for `gcpacertrace`.
  goal_utilisation,
  -- Scan work that was expected; NULL but for `gcpacertrace`.
  expected_work_bytes,
  -- Scan work that was done, on the heap, stacks and global variables; NULL but for `gcpacertrace`.
  work_bytes,
  -- Scan work that an assist owed for each byte allocated, as it began; NULL but for `gcpacertrace`.
  assist_ratio,
  -- Bytes allocated for each byte marked, per unit of processor time; NULL but for `gcpacertrace`.
  cons_mark
) AS
WITH paced AS (
  SELECT source_id, process, cycle, arg_max(gctrace_pacer, line) AS said
  FROM gctrace_pacer
  WHERE cycle IS NOT NULL
  GROUP BY source_id, process, cycle
),
cycles AS (
  SELECT
    *,
    lag(heap_marked_bytes) OVER (PARTITION BY source, source_id, process ORDER BY cycle_index) AS live_bytes
  FROM gc.cycle
  WHERE source IN ('gctrace', 'trace')
)
SELECT
  CASE WHEN paced.said.heap_end_bytes IS NOT NULL THEN 'gcpacertrace' ELSE cycles.source END,
  cycles.source_id,
  cycles.process,
  cycles.cycle_index,
  cycles.cycle,
  cycles.run,
  cycles.started_at,
  cycles.live_bytes,
  paced.said.trigger_bytes,
  cycles.heap_live_bytes,
  coalesce(int64.clamp(paced.said.heap_end_bytes::HUGEINT - paced.said.over_goal_bytes), cycles.heap_goal_bytes),
  coalesce(paced.said.heap_end_bytes, cycles.heap_end_bytes),
  coalesce(paced.said.over_goal_bytes, int64.clamp(cycles.heap_end_bytes::HUGEINT - cycles.heap_goal_bytes)),
  cycles.heap_marked_bytes,
  coalesce(
    paced.said.cpu_percent / 100,
    (cycles.assist_ns::HUGEINT + cycles.background_ns)
    / nullif(
      cycles.procs
      * greatest(cycles.duration_ns::HUGEINT - CASE cycles.source WHEN 'gctrace' THEN cycles.pause_ns ELSE 0 END, 0),
      0
    )
  ),
  paced.said.expected_cpu_percent / 100,
  paced.said.expected_work_bytes,
  int64.clamp(paced.said.heap_scan_bytes::HUGEINT + paced.said.stack_scan_bytes + paced.said.globals_scan_bytes),
  paced.said.assist_ratio,
  paced.said.cons_mark
FROM cycles
LEFT JOIN paced
  ON cycles.source = 'gctrace'
  AND paced.source_id = cycles.source_id
  AND paced.process = cycles.process
  AND paced.cycle = cycles.cycle
