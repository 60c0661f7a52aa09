-- One row per goroutine's first row in a trace: its creation, or what it was found in.
--
-- A number that C calls use again and again is born each time.
--
-- key: trace_id, time_ns
CREATE VIEW sched._birth (
  -- The trace.
  trace_id,
  -- The goroutine.
  goroutine,
  -- When it was created, or was first told of.
  time_ns,
  -- `not exist` when it was created; `undetermined` when it is older than the trace, or than what the trace tells of it.
  from_state,
  -- What it was born into: `runnable`, `waiting`, `syscall` or `running`.
  to_state
) AS
SELECT trace_id, birth.goroutine, birth.time_ns, birth.from_state, birth.to_state
FROM (
  -- In lists only so that DuckDB takes births for few. It guesses a fifth of all changes otherwise, and keeps those that births are
  -- looked up for in memory, in place of the births.
  SELECT
    trace_id,
    unnest(
      list({'goroutine': goroutine, 'time_ns': time_ns, 'from_state': from_state, 'to_state': to_state})
    ) AS birth
  FROM goroutine_transition
  WHERE from_state IN ('undetermined', 'not exist')
  GROUP BY trace_id
)
