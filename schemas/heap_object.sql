-- One row per heap object that a trace with GODEBUG=traceallocfree=1 tells of: it exists, is allocated or freed.
--
-- Addresses are as the trace has them. An object with a malloc header is allocated 8 bytes behind the slot that is
-- freed, and several tiny objects share a slot; `alloc.object` brings them together.
--
-- key: trace_id, time_ns
-- dictionary: event, type_name
CREATE TABLE heap_object (
  -- The trace.
  trace_id INTEGER NOT NULL REFERENCES trace(trace_id),
  -- When, on the trace's clock: minus `trace.start_ns` is since its first event.
  time_ns BIGINT NOT NULL,
  -- `exists` as the trace begins, `alloc` or `free`.
  event VARCHAR NOT NULL,
  -- Its address; counted from the unknown start of the heap in a trace that does not tell it (flight recorder).
  address UBIGINT NOT NULL,
  -- Go type; NULL for objects without pointers, for frees, and where the trace has no types (flight recorder).
  type_name VARCHAR,
  -- Size of a value of the type; NULL without a type. A slice's backing array has the type of one element.
  type_size_bytes BIGINT,
  -- The goroutine running there; NULL for none.
  goroutine BIGINT,
  -- The proc; NULL for none.
  proc BIGINT
);

-- One row per heap span that a trace with GODEBUG=traceallocfree=1 tells of: it exists, is allocated or freed.
--
-- key: trace_id, time_ns
-- dictionary: event
CREATE TABLE heap_span (
  -- The trace.
  trace_id INTEGER NOT NULL REFERENCES trace(trace_id),
  -- When, on the trace's clock: minus `trace.start_ns` is since its first event.
  time_ns BIGINT NOT NULL,
  -- `exists` as the trace begins, `alloc` or `free`.
  event VARCHAR NOT NULL,
  -- Its address; counted from the unknown start of the heap in a trace that does not tell it (flight recorder).
  address UBIGINT NOT NULL,
  -- Its length; NULL for frees.
  size_bytes BIGINT,
  -- Size class of its objects, 0 for one large object; NULL for frees and for spans outside the heap (stacks, work buffers).
  size_class INTEGER,
  -- Its objects have no pointers; NULL where there is no size class.
  is_noscan BOOLEAN,
  -- The goroutine running there; NULL for none.
  goroutine BIGINT,
  -- The proc; NULL for none.
  proc BIGINT
);

-- One row per goroutine stack that a trace with GODEBUG=traceallocfree=1 tells of: it exists, is allocated or freed.
--
-- key: trace_id, time_ns
-- dictionary: event
CREATE TABLE goroutine_stack (
  -- The trace.
  trace_id INTEGER NOT NULL REFERENCES trace(trace_id),
  -- When, on the trace's clock: minus `trace.start_ns` is since its first event.
  time_ns BIGINT NOT NULL,
  -- `exists` as the trace begins, `alloc` or `free`.
  event VARCHAR NOT NULL,
  -- Its address; counted from the unknown start of the heap in a trace that does not tell it (flight recorder).
  address UBIGINT NOT NULL,
  -- Its length; NULL for frees.
  size_bytes BIGINT,
  -- The goroutine running there; NULL for none.
  goroutine BIGINT,
  -- The proc; NULL for none.
  proc BIGINT
);
