-- One row per GC cycle that a log tells of: a line of GODEBUG=gctrace=1, printed as marking ends.
--
-- Sizes are printed in whole MiB and times with two digits below 10 ms, both cut off: the true value is never below, and less
-- than one unit of the last digit above. Source: runtime/mgc.go, gcMarkTermination.
--
-- key: source_id, process, cycle
CREATE TABLE gctrace_cycle (
  -- The log.
  source_id INTEGER NOT NULL REFERENCES source(source_id),
  -- The process, as in `process`.
  process INTEGER NOT NULL,
  -- Number of the cycle, from 1: MemStats.NumGC after it.
  cycle BIGINT NOT NULL,
  -- Its line in the file, from 1.
  line BIGINT NOT NULL,
  -- What the line's own prefix says of when it was written, UTC; NULL without one.
  logged_at TIMESTAMP,
  -- When it began, since the start of the process; printed in ms.
  start_ns BIGINT NOT NULL,
  -- Share of the process's processor time that the GC has taken since the start, 0 to 100, whole.
  cpu_percent BIGINT NOT NULL,
  -- Wall time of the first pause, sweep termination.
  sweep_termination_ns BIGINT NOT NULL,
  -- Wall time of concurrent marking.
  mark_ns BIGINT NOT NULL,
  -- Wall time of the second pause, mark termination.
  mark_termination_ns BIGINT NOT NULL,
  -- Processor time of the first pause: its wall time on every proc.
  sweep_termination_cpu_ns BIGINT NOT NULL,
  -- Processor time of assists.
  assist_cpu_ns BIGINT NOT NULL,
  -- Processor time of dedicated and fractional workers.
  background_cpu_ns BIGINT NOT NULL,
  -- Processor time of idle workers.
  idle_cpu_ns BIGINT NOT NULL,
  -- Processor time of the second pause.
  mark_termination_cpu_ns BIGINT NOT NULL,
  -- Heap as it began, in whole MiB.
  heap_start_bytes BIGINT NOT NULL,
  -- Heap as marking ended, in whole MiB.
  heap_end_bytes BIGINT NOT NULL,
  -- What marking found reachable, in whole MiB.
  heap_live_bytes BIGINT NOT NULL,
  -- The goal it tried to end below, in whole MiB; NULL when there was none: GOGC=off and no memory limit.
  goal_bytes BIGINT,
  -- Stacks to scan, in whole MiB; NULL before Go 1.18.
  stack_bytes BIGINT,
  -- Global variables to scan, in whole MiB; NULL before Go 1.18.
  globals_bytes BIGINT,
  -- GOMAXPROCS.
  procs BIGINT NOT NULL,
  -- The program asked for it: runtime.GC, debug.FreeOSMemory, a profile of leaked goroutines.
  is_forced BOOLEAN NOT NULL,
  -- Two minutes had passed without one: `GC forced` stood before it.
  is_periodic BOOLEAN NOT NULL,
  -- It looked for leaked goroutines (Go 1.26 and later).
  finds_leaks BOOLEAN NOT NULL
);

-- One row per line of a cycle's scan statistics: GODEBUG=gctrace=2, Go 1.25 and later.
--
-- Source: runtime/mgcmark_greenteagc.go and mgcmark_nogreenteagc.go.
--
-- key: source_id, process, line
CREATE TABLE gctrace_scan (
  -- The log.
  source_id INTEGER NOT NULL REFERENCES source(source_id),
  -- The process, as in `process`.
  process INTEGER NOT NULL,
  -- Its line in the file, from 1.
  line BIGINT NOT NULL,
  -- Number of the cycle whose line came before; NULL when none did.
  cycle BIGINT,
  -- Size of the class's objects; 0 for large ones, NULL for all together.
  size_bytes BIGINT,
  -- Objects scanned one by one; NULL where only the sum is printed.
  sparse_objects BIGINT,
  -- Objects of spans that were scanned for few objects; NULL likewise.
  span_sparse_objects BIGINT,
  -- Objects of spans that were scanned for many; NULL likewise.
  span_dense_objects BIGINT,
  -- Objects in all.
  objects BIGINT NOT NULL,
  -- Spans that were scanned for few objects; NULL where no spans are printed.
  sparse_spans BIGINT,
  -- Spans that were scanned for many.
  dense_spans BIGINT
);

-- One row per cycle that the pacer tells of: GODEBUG=gcpacertrace=1, its lines of one cycle together.
--
-- Source: runtime/mgcpacer.go.
--
-- key: source_id, process, line
CREATE TABLE gctrace_pacer (
  -- The log.
  source_id INTEGER NOT NULL REFERENCES source(source_id),
  -- The process, as in `process`.
  process INTEGER NOT NULL,
  -- Line of the file that its first line is, from 1.
  line BIGINT NOT NULL,
  -- Number of the cycle, by the gctrace line next after it; NULL without one.
  cycle BIGINT,
  -- What the prefix of its first line says of when it was written, UTC; NULL without one.
  logged_at TIMESTAMP,
  -- Scan work an assist owes for each byte allocated, as marking began; NULL when that line is missing.
  assist_ratio DOUBLE,
  -- Heap scan that was expected, in whole MiB; NULL likewise.
  expected_scan_bytes BIGINT,
  -- Heap as the ratio was set, in whole MiB; NULL likewise.
  heap_start_bytes BIGINT,
  -- Goal it was set for, in whole MiB; NULL likewise, and when there was none.
  heap_target_bytes BIGINT,
  -- Dedicated workers; NULL likewise.
  dedicated_workers BIGINT,
  -- Share of a proc for the fractional worker; NULL likewise.
  fractional_worker DOUBLE,
  -- Processor share of marking that the cycle came to, percent; NULL when the line at its end is missing, as where nothing was allocated meanwhile.
  cpu_percent BIGINT,
  -- Processor share it was to have, percent; NULL likewise.
  expected_cpu_percent BIGINT,
  -- Scan work done on the heap; NULL likewise.
  heap_scan_bytes BIGINT,
  -- Scan work done on stacks; NULL likewise.
  stack_scan_bytes BIGINT,
  -- Scan work done on global variables; NULL likewise.
  globals_scan_bytes BIGINT,
  -- Scan work that was expected; NULL likewise.
  expected_work_bytes BIGINT,
  -- Heap at which it was triggered; NULL likewise.
  trigger_bytes BIGINT,
  -- Heap as marking ended; NULL likewise.
  heap_end_bytes BIGINT,
  -- How far the end was above the goal, below it when negative; NULL likewise.
  over_goal_bytes BIGINT,
  -- Bytes allocated for each byte marked, per unit of processor time: the pacer's measure; NULL likewise.
  cons_mark DOUBLE
);

-- One row per line of the scavenger: GODEBUG=scavtrace=1.
--
-- Source: runtime/mgcscavenge.go, printScavTrace.
--
-- key: source_id, process, line
CREATE TABLE scavenge (
  -- The log.
  source_id INTEGER NOT NULL REFERENCES source(source_id),
  -- The process, as in `process`.
  process INTEGER NOT NULL,
  -- Its line in the file, from 1.
  line BIGINT NOT NULL,
  -- What the prefix says of when it was written, UTC; NULL without one.
  logged_at TIMESTAMP,
  -- Returned to the system in the background since the line before.
  background_bytes BIGINT NOT NULL,
  -- Returned on allocation, for the memory limit, since the line before.
  eager_bytes BIGINT NOT NULL,
  -- Heap that is returned, as of this line.
  released_bytes BIGINT NOT NULL,
  -- Share of the heap that is not returned that is in use, percent.
  utilisation_percent BIGINT NOT NULL,
  -- debug.FreeOSMemory asked for it.
  is_forced BOOLEAN NOT NULL
);

-- One row per line of the scheduler: GODEBUG=schedtrace=MS.
--
-- Source: runtime/proc.go, schedtrace.
--
-- key: source_id, process, line
CREATE TABLE schedtrace (
  -- The log.
  source_id INTEGER NOT NULL REFERENCES source(source_id),
  -- The process, as in `process`.
  process INTEGER NOT NULL,
  -- Its line in the file, from 1.
  line BIGINT NOT NULL,
  -- What the prefix says of when it was written, UTC; NULL without one.
  logged_at TIMESTAMP,
  -- Since the first of these lines was due; printed in ms.
  time_ns BIGINT NOT NULL,
  -- GOMAXPROCS.
  procs BIGINT NOT NULL,
  -- Procs without work.
  idle_procs BIGINT NOT NULL,
  -- Threads.
  threads BIGINT NOT NULL,
  -- Threads that look for work.
  spinning_threads BIGINT NOT NULL,
  -- Whether another is needed that looks for work, 0 or 1; NULL before Go 1.20.
  needs_spinning BIGINT,
  -- Threads without work.
  idle_threads BIGINT NOT NULL,
  -- Goroutines in the queue of all procs.
  global_queue BIGINT NOT NULL,
  -- Goroutines in each proc's own queue; NULL where the line breaks off.
  local_queues BIGINT[],
  -- How often each proc has scheduled; NULL before Go 1.25.
  sched_ticks BIGINT[]
);

-- One row per package whose initialisation is told of: GODEBUG=inittrace=1.
--
-- Source: runtime/proc.go, doInit1.
--
-- key: source_id, process, line
CREATE TABLE inittrace (
  -- The log.
  source_id INTEGER NOT NULL REFERENCES source(source_id),
  -- The process, as in `process`.
  process INTEGER NOT NULL,
  -- Its line in the file, from 1.
  line BIGINT NOT NULL,
  -- What the prefix says of when it was written, UTC; NULL without one.
  logged_at TIMESTAMP,
  -- Import path.
  package VARCHAR NOT NULL,
  -- When it began, since the start of the process.
  start_ns BIGINT NOT NULL,
  -- How long it took.
  duration_ns BIGINT NOT NULL,
  -- Allocated in it.
  alloc_bytes BIGINT NOT NULL,
  -- Allocations in it.
  alloc_objects BIGINT NOT NULL
);
