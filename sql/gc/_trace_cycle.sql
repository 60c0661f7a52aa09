-- One row per GC cycle in a trace, from its beginning to the end of marking.
--
-- A cycle that was going on before the trace, or that the trace ends in, has NULL for what the trace does not show of
-- it, and counts and times of the rest. What is swept of its garbage comes after, as memory is allocated.
--
-- key: trace_id, cycle_index
CREATE VIEW gc._trace_cycle (
  -- The trace.
  trace_id,
  -- From 0, in the order of their starts.
  cycle_index,
  -- When it began; NULL when that was before the trace.
  start_ns,
  -- When marking ended; NULL when the trace ends first.
  end_ns,
  -- Wall-clock time of the start, UTC; NULL without it or without a wall clock.
  started_at,
  -- From start to end; NULL when either is not in the trace.
  duration_ns,
  -- By the stack it began on: `heap` (an allocation found the heap at its trigger), `forced` (runtime.GC), `periodic` (two
  -- minutes without one); NULL for another stack or none.
  "trigger",
  -- Where it was begun; NULL when the trace has no stack of it.
  stack_id,
  -- GOMAXPROCS as it began; NULL before the trace tells it.
  procs,
  -- Live bytes as it began, by the runtime's count, which takes each P's spans as full; NULL before the first value.
  heap_live_bytes,
  -- Live bytes as marking ended, by the same count.
  heap_end_bytes,
  -- Bytes that marking found reachable.
  heap_marked_bytes,
  -- The heap goal as it began, which it tries to end below; NULL before the first value.
  heap_goal_bytes,
  -- The goal that was set at its end, for the next one; NULL when none was.
  next_goal_bytes,
  -- Times that the GC stopped the world for it; two in a whole cycle, four in one that looks for leaked goroutines.
  pause_count,
  -- How long, in all.
  pause_ns,
  -- Assists that began in it.
  assist_count,
  -- Time that goroutines executed in assists until marking ended.
  assist_ns,
  -- Time that dedicated and fractional workers marked.
  background_ns,
  -- Time that idle workers marked, on procs that had nothing else to do.
  idle_ns,
  -- Mean share of the procs left to the program meanwhile, 0 to 1 (see gc.utilisation); NULL before the first GOMAXPROCS.
  utilisation
) AS
WITH assists AS (
  SELECT cycles.trace_id, cycles.cycle_index, COUNT(*) AS assist_count
  FROM trace_range AS assist
  JOIN trace ON trace.trace_id = assist.trace_id
  -- The last cycle that had begun.
  ASOF JOIN gc._cycle AS cycles
    ON cycles.trace_id = assist.trace_id AND cycles.shown_start_ns <= coalesce(assist.start_ns, trace.start_ns)
  WHERE assist.name = 'GC mark assist'
  GROUP BY cycles.trace_id, cycles.cycle_index
)
SELECT
  trace_id,
  cycle_index,
  cycles.start_ns,
  cycles.end_ns,
  TRY(trace.started_at + to_microseconds(int64.clamp(cycles.start_ns::HUGEINT - trace.start_ns) // 1000)),
  int64.clamp(cycles.end_ns::HUGEINT - cycles.start_ns),
  CASE
    WHEN leaf.function = 'runtime.GC' THEN 'forced'
    WHEN leaf.function = 'runtime.forcegchelper' THEN 'periodic'
    -- Size-specialised since Go 1.24: mallocgcSmallNoscan, mallocgcTinySlowPath; the other is of arenas.
    WHEN starts_with(leaf.function, 'runtime.mallocgc') OR leaf.function = 'runtime.newUserArenaChunk' THEN 'heap'
  END,
  cycles.stack_id,
  shares.procs,
  heaps.heap_live_bytes,
  heaps.heap_end_bytes,
  heaps.heap_marked_bytes,
  heaps.heap_goal_bytes,
  heaps.next_goal_bytes,
  coalesce(pauses.pause_count, 0),
  coalesce(pauses.pause_ns, 0),
  coalesce(assists.assist_count, 0),
  coalesce(work.assist_ns, 0),
  coalesce(work.background_ns, 0),
  coalesce(work.idle_ns, 0),
  shares.utilisation
FROM gc._cycle AS cycles
JOIN trace USING (trace_id)
JOIN gc._heap AS heaps USING (trace_id, cycle_index)
LEFT JOIN stack._leaf AS leaf USING (stack_id)
LEFT JOIN gc._cycle_pauses AS pauses USING (trace_id, cycle_index)
LEFT JOIN gc._cycle_work AS work USING (trace_id, cycle_index)
LEFT JOIN gc._cycle_utilisation AS shares USING (trace_id, cycle_index)
LEFT JOIN assists USING (trace_id, cycle_index)
