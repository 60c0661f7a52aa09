-- One row per Go execution trace.
--
-- Times of a trace are nanoseconds of the machine's monotonic clock, before Go 1.22 since the trace's first event, after
-- the corrections Go's own reader makes, so that no two events of a trace have the same. A trace is also a profile of kind `trace`, whose samples weigh stacks by
-- CPU samples and by time blocked.
--
-- key: trace_id
CREATE TABLE trace (
  -- The number of its source.
  trace_id INTEGER NOT NULL,
  -- The hash of its source, hexadecimal.
  trace_hash VARCHAR NOT NULL,
  -- The file it was read from.
  source_id INTEGER NOT NULL REFERENCES source(source_id),
  -- Version of the wire format: 1.11 (Go 1.11 to 1.18), 1.19 (Go 1.19 and 1.20), 1.21, 1.22, 1.23 (Go 1.23 and 1.24), 1.25,
  -- 1.26 (Go 1.26 and 1.27).
  wire_version VARCHAR NOT NULL,
  -- Wall-clock time of `start_ns`, UTC; NULL before Go 1.25, whose traces have no wall clock.
  started_at TIMESTAMP,
  -- Time of the first event on the trace's clock, the machine's monotonic one in nanoseconds, before Go 1.22 one that begins with the trace.
  start_ns BIGINT NOT NULL,
  -- Time of the last event, on the same clock.
  end_ns BIGINT NOT NULL,
  -- What to add to a time of this trace for nanoseconds since 1970, by its first clock snapshot; NULL without one.
  clock_offset_ns BIGINT,
  -- Events in it, boundaries of generations among them.
  event_count BIGINT NOT NULL,
  -- Bytes from the generation on that could not be read to its end, of which events before the fault may be there all the
  -- same; 0 for a whole trace.
  lost_bytes BIGINT NOT NULL,
  -- From labels; NULL without one.
  service VARCHAR,
  -- From labels; NULL without one.
  instance VARCHAR,
  -- From labels; NULL without one.
  build VARCHAR,
  -- All labels given to the source.
  labels MAP(VARCHAR, VARCHAR) NOT NULL
);

-- One row per generation of a trace: about a second, with its own clock snapshot; before Go 1.22 the whole trace.
--
-- key: trace_id, generation
CREATE TABLE trace_generation (
  -- The trace.
  trace_id INTEGER NOT NULL REFERENCES trace(trace_id),
  -- Its number in the file; the first need not be 1.
  generation BIGINT NOT NULL,
  -- Time of its first event, on the trace's clock.
  start_ns BIGINT NOT NULL,
  -- Events in it.
  event_count BIGINT NOT NULL,
  -- The trace's clock at the snapshot; NULL before Go 1.25.
  clock_ns BIGINT,
  -- The monotonic clock at the snapshot, as Go's time package counts it; NULL before Go 1.25.
  monotonic_ns BIGINT,
  -- The wall clock at the snapshot, nanoseconds since 1970; NULL before Go 1.25.
  wall_ns BIGINT
);

-- One row per change of a goroutine's state, and per statement of the trace that a goroutine is in one.
--
-- States are `undetermined` (before the trace tells), `not exist`, `runnable`, `running`, `waiting` and `syscall`. A row
-- with equal states repeats, once a generation, what a goroutine does that did nothing else.
--
-- key: trace_id, time_ns
-- dictionary: from_state, from_reason, to_state, reason
-- alike: from_state, from_reason, from_stack_id, to_state, reason, stack_id, by_stack_id
-- ticks: time_ns, duration_ns
CREATE TABLE goroutine_transition (
  -- The trace.
  trace_id INTEGER NOT NULL REFERENCES trace(trace_id),
  -- When, on the trace's clock: minus `trace.start_ns` is since its first event.
  time_ns BIGINT NOT NULL,
  -- The goroutine that changes.
  goroutine BIGINT NOT NULL,
  -- What it did until now.
  from_state VARCHAR NOT NULL,
  -- Why it began that, in the runtime's words: `chan receive`, `preempted`; empty when there is no reason.
  from_reason VARCHAR NOT NULL,
  -- Where that was begun, by whoever began it; NULL when the trace has no stack of it.
  from_stack_id INTEGER REFERENCES stack(stack_id),
  -- For how long, as far as the trace shows it; NULL at its first row, and where the states are equal.
  duration_ns BIGINT,
  -- What it does from now on.
  to_state VARCHAR NOT NULL,
  -- Why, in the runtime's words; empty when there is no reason.
  reason VARCHAR NOT NULL,
  -- Where the goroutine is, or where a new one starts; NULL when the trace has no stack of it.
  stack_id INTEGER REFERENCES stack(stack_id),
  -- The goroutine that caused it; NULL when it was the goroutine itself or none.
  by_goroutine BIGINT,
  -- Where the cause was; NULL when the goroutine itself caused it or the trace has no stack of it.
  by_stack_id INTEGER REFERENCES stack(stack_id),
  -- The thread it happened on; NULL for none.
  thread BIGINT,
  -- The proc it happened on; NULL for none.
  proc BIGINT
);

-- One row per change of a proc's state, and per statement of the trace that a proc is in one.
--
-- States are `undetermined` (before the trace tells), `not exist`, `running` and `idle`.
--
-- key: trace_id, time_ns
-- dictionary: from_state, to_state
CREATE TABLE proc_transition (
  -- The trace.
  trace_id INTEGER NOT NULL REFERENCES trace(trace_id),
  -- When, on the trace's clock: minus `trace.start_ns` is since its first event.
  time_ns BIGINT NOT NULL,
  -- The proc that changes.
  proc BIGINT NOT NULL,
  -- What it did until now.
  from_state VARCHAR NOT NULL,
  -- For how long, as far as the trace shows it; NULL at its first row, and where the states are equal.
  duration_ns BIGINT,
  -- What it does from now on.
  to_state VARCHAR NOT NULL,
  -- The thread it happened on; NULL for none.
  thread BIGINT,
  -- The goroutine running there; NULL for none.
  goroutine BIGINT
);

-- One row per span of time in which the runtime did something: a GC's mark phase, an assist, a sweep, a stopped world.
--
-- key: trace_id, range_index
-- dictionary: name
CREATE TABLE trace_range (
  -- The trace.
  trace_id INTEGER NOT NULL REFERENCES trace(trace_id),
  -- From 0, in the order of their ends.
  range_index BIGINT NOT NULL,
  -- `GC concurrent mark phase`, `GC mark assist`, `GC incremental sweep`, `stop-the-world (KIND)`.
  name VARCHAR NOT NULL,
  -- When it began, on the trace's clock: minus `trace.start_ns` is since its first event; NULL when that was before the trace.
  start_ns BIGINT,
  -- When it ended, on the trace's clock; NULL when the trace ends first.
  end_ns BIGINT,
  -- The goroutine that does it; NULL where it is a proc's or nobody's.
  goroutine BIGINT,
  -- The proc that does it; NULL where it is a goroutine's or nobody's.
  proc BIGINT,
  -- Where it began; NULL when the trace has no stack of it.
  stack_id INTEGER REFERENCES stack(stack_id),
  -- Bytes a sweep looked at; NULL for other ranges.
  swept_bytes BIGINT,
  -- Bytes a sweep gave back; NULL for other ranges.
  reclaimed_bytes BIGINT
);

-- One row per value of a metric.
--
-- key: trace_id, time_ns
-- dictionary: name
CREATE TABLE trace_metric (
  -- The trace.
  trace_id INTEGER NOT NULL REFERENCES trace(trace_id),
  -- When, on the trace's clock: minus `trace.start_ns` is since its first event.
  time_ns BIGINT NOT NULL,
  -- As runtime/metrics names it: `/memory/classes/heap/objects:bytes`, `/gc/heap/goal:bytes`, `/sched/gomaxprocs:threads`.
  name VARCHAR NOT NULL,
  -- The new value, in the unit of the name; a goal of 2^63-1 or more counts as 2^63-1.
  value BIGINT NOT NULL,
  -- The goroutine that changed it; NULL for none.
  goroutine BIGINT,
  -- The proc it happened on; NULL for none.
  proc BIGINT,
  -- Where; NULL when the trace has no stack of it.
  stack_id INTEGER REFERENCES stack(stack_id)
);

-- One row per beginning or end of a user task (runtime/trace.NewTask).
--
-- key: trace_id, time_ns
-- dictionary: event, name
CREATE TABLE trace_task (
  -- The trace.
  trace_id INTEGER NOT NULL REFERENCES trace(trace_id),
  -- When, on the trace's clock: minus `trace.start_ns` is since its first event.
  time_ns BIGINT NOT NULL,
  -- `begin` or `end`.
  event VARCHAR NOT NULL,
  -- Number of the task, from 1.
  task BIGINT NOT NULL,
  -- The task it belongs to; NULL for none, and at the end of a task that began before the trace.
  parent BIGINT,
  -- Its name; empty at the end of a task that began before the trace.
  name VARCHAR NOT NULL,
  -- How long it took; NULL at its beginning, and when that was not seen.
  duration_ns BIGINT,
  -- The goroutine that began or ended it; NULL for none.
  goroutine BIGINT,
  -- Where; NULL when the trace has no stack of it.
  stack_id INTEGER REFERENCES stack(stack_id)
);

-- One row per beginning or end of a user region (runtime/trace.StartRegion).
--
-- key: trace_id, time_ns
-- dictionary: event, name
CREATE TABLE trace_region (
  -- The trace.
  trace_id INTEGER NOT NULL REFERENCES trace(trace_id),
  -- When, on the trace's clock: minus `trace.start_ns` is since its first event.
  time_ns BIGINT NOT NULL,
  -- `begin` or `end`.
  event VARCHAR NOT NULL,
  -- The goroutine it lies in.
  goroutine BIGINT NOT NULL,
  -- The task it belongs to; 0 is the background task.
  task BIGINT NOT NULL,
  -- Its name.
  name VARCHAR NOT NULL,
  -- How long it took; NULL at its beginning, and when that was not seen.
  duration_ns BIGINT,
  -- Where; NULL when the trace has no stack of it.
  stack_id INTEGER REFERENCES stack(stack_id)
);

-- One row per message of runtime/trace.Log.
--
-- key: trace_id, time_ns
CREATE TABLE trace_log (
  -- The trace.
  trace_id INTEGER NOT NULL REFERENCES trace(trace_id),
  -- When, on the trace's clock: minus `trace.start_ns` is since its first event.
  time_ns BIGINT NOT NULL,
  -- The goroutine that logged; NULL for none.
  goroutine BIGINT,
  -- The task it belongs to; 0 is the background task.
  task BIGINT NOT NULL,
  -- Its category.
  category VARCHAR NOT NULL,
  -- Its text.
  message VARCHAR NOT NULL,
  -- Where; NULL when the trace has no stack of it.
  stack_id INTEGER REFERENCES stack(stack_id)
);

-- One row per label of a goroutine: what kind of GC worker it is.
--
-- key: trace_id, time_ns
CREATE TABLE trace_label (
  -- The trace.
  trace_id INTEGER NOT NULL REFERENCES trace(trace_id),
  -- When, on the trace's clock: minus `trace.start_ns` is since its first event.
  time_ns BIGINT NOT NULL,
  -- The goroutine.
  goroutine BIGINT NOT NULL,
  -- `GC (dedicated)`, `GC (fractional)`, `GC (idle)`.
  label VARCHAR NOT NULL
);

-- One row per CPU sample taken while a trace ran; the same stacks, counted, are samples of the trace's profile.
--
-- key: trace_id, time_ns
CREATE TABLE trace_cpu_sample (
  -- The trace.
  trace_id INTEGER NOT NULL REFERENCES trace(trace_id),
  -- When, on the trace's clock: minus `trace.start_ns` is since its first event.
  time_ns BIGINT NOT NULL,
  -- The goroutine that ran; NULL for none.
  goroutine BIGINT,
  -- The proc; NULL for none.
  proc BIGINT,
  -- The thread; NULL for none.
  thread BIGINT,
  -- Where; NULL when the trace has no stack of it.
  stack_id INTEGER REFERENCES stack(stack_id)
);
