-- One row per trace and instant at which its mutator utilisation changes.
--
-- Mutator utilisation is the share of GOMAXPROCS procs that the GC leaves to the program: none while it stops the world,
-- and one less for each goroutine that marks in the background, other than idly, or assists. It holds until the next
-- row; the last one is 0, at the end of the trace. There is none before the first GOMAXPROCS.
--
-- key: trace_id, time_ns
CREATE VIEW gc.utilisation (
  -- The trace.
  trace_id,
  -- Since when, on the trace's clock.
  time_ns,
  -- Share of the procs left to the program, 0 to 1.
  utilisation
) AS
SELECT trace_id, time_ns, utilisation
FROM gc._utilisation(FALSE)
