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
  -- Since when.
  time_ns,
  -- Share of the procs left to the program, 0 to 1.
  utilisation,
  -- What `go tool trace` takes it for: the same, but for the procs of workers that are labelled a second time. It counts them on.
  tool_utilisation
) AS
WITH changes AS (
  SELECT
    trace_id,
    time_ns,
    int64.clamp(value::HUGEINT - coalesce(lag(value) OVER (PARTITION BY trace_id ORDER BY time_ns), 0)) AS procs,
    0 AS stops,
    0 AS busy,
    0 AS tool_busy
  FROM trace_metric
  WHERE name = '/sched/gomaxprocs:threads'
  UNION ALL
  SELECT trace_id, coalesce(trace_range.start_ns, trace.start_ns), 0, 1, 0, 0
  FROM trace_range
  JOIN trace USING (trace_id)
  WHERE starts_with(name, 'stop-the-world') AND contains(name, 'GC')
  UNION ALL
  SELECT trace_id, end_ns, 0, -1, 0, 0
  FROM trace_range
  WHERE starts_with(name, 'stop-the-world') AND contains(name, 'GC') AND end_ns IS NOT NULL
  UNION ALL
  SELECT trace_id, time_ns, 0, 0, change, 0 FROM gc._work
  UNION ALL
  SELECT trace_id, time_ns, 0, 0, 0, change FROM gc._tool_work
),
counts AS MATERIALIZED (
  SELECT
    trace_id,
    time_ns,
    int64.clamp(SUM(int64.clamp(SUM(procs))) OVER so_far) AS procs,
    int64.clamp(SUM(int64.clamp(SUM(stops))) OVER so_far) AS stops,
    int64.clamp(SUM(int64.clamp(SUM(busy))) OVER so_far) AS busy,
    int64.clamp(SUM(int64.clamp(SUM(tool_busy))) OVER so_far) AS tool_busy
  FROM changes
  GROUP BY trace_id, time_ns
  WINDOW so_far AS (PARTITION BY trace_id ORDER BY time_ns)
),
ended AS (
  SELECT counts.trace_id, counts.time_ns, counts.procs, counts.stops, counts.busy, counts.tool_busy, FALSE AS is_end
  FROM counts
  JOIN trace USING (trace_id)
  WHERE counts.procs > 0 AND counts.time_ns < trace.end_ns
  UNION ALL
  SELECT trace_id, end_ns, 1, 1, 0, 0, TRUE
  FROM trace
  SEMI JOIN (FROM counts WHERE procs > 0) USING (trace_id)
),
steps AS (
  SELECT
    trace_id,
    time_ns,
    -- A worker in a system call counts beside the one that took its proc.
    CASE WHEN stops > 0 THEN 0 ELSE greatest(1 - busy / procs, 0) END AS utilisation,
    CASE WHEN stops > 0 THEN 0 ELSE greatest(1 - tool_busy / procs, 0) END AS tool_utilisation,
    is_end
  FROM ended
)
SELECT trace_id, time_ns, utilisation, tool_utilisation
FROM steps
QUALIFY
  is_end
  OR (utilisation, tool_utilisation) IS DISTINCT FROM lag((utilisation, tool_utilisation)) OVER (
    PARTITION BY trace_id ORDER BY time_ns
  )
