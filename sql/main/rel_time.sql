-- Seconds since the first event of a trace: `rel_time(trace_id, time_ns)`.
CREATE FUNCTION main.rel_time(
  -- A trace_id.
  of_trace,
  -- A time on the trace's clock.
  at_ns
) AS
((at_ns::HUGEINT - (SELECT traces.start_ns FROM trace AS traces WHERE traces.trace_id = of_trace)) / 1e9)
