-- One row per trace and goroutine with a known entry function: what was started with `go`.
--
-- It is the root of every stack of the goroutine's own, and the first stack with a name tells it. A goroutine of whom
-- the trace has no stack, as those that sleep through a trace of Go 1.22, has no row.
--
-- key: trace_id, goroutine
CREATE VIEW sched._entry (
  -- The trace.
  trace_id,
  -- The goroutine.
  goroutine,
  -- Its entry function.
  function
) AS
SELECT transitions.trace_id, transitions.goroutine, arg_min(root.function, transitions.time_ns)
FROM goroutine_transition AS transitions
JOIN stack.root AS root USING (stack_id)
WHERE root.function <> '<unknown>'
GROUP BY transitions.trace_id, transitions.goroutine
