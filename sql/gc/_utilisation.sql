-- One row per trace and instant at which its mutator utilisation changes, as it is or as `go tool trace` takes it for.
--
-- key: trace_id, time_ns
-- column trace_id: The trace.
-- column time_ns: Since when.
-- column utilisation: Share of the procs left to the program, 0 to 1.
CREATE MACRO gc._utilisation(
  -- FALSE as it is; TRUE as `go tool trace` has it, which counts on the procs of workers that are labelled a second time.
  of_tool
) AS TABLE
WITH changes AS (
  SELECT
    trace_id,
    time_ns,
    int64.clamp(value::HUGEINT - coalesce(lag(value) OVER (PARTITION BY trace_id ORDER BY time_ns), 0)) AS procs,
    0 AS stops,
    0 AS busy,
    FALSE AS is_end
  FROM trace_metric
  WHERE name = '/sched/gomaxprocs:threads'
  UNION ALL
  SELECT trace_id, coalesce(trace_range.start_ns, trace.start_ns), 0, 1, 0, FALSE
  FROM trace_range
  JOIN trace USING (trace_id)
  WHERE starts_with(name, 'stop-the-world') AND contains(name, 'GC')
  UNION ALL
  SELECT trace_id, end_ns, 0, -1, 0, FALSE
  FROM trace_range
  WHERE starts_with(name, 'stop-the-world') AND contains(name, 'GC') AND end_ns IS NOT NULL
  UNION ALL
  SELECT trace_id, time_ns, 0, 0, change, FALSE FROM gc._work WHERE NOT of_tool
  UNION ALL
  SELECT trace_id, time_ns, 0, 0, change, FALSE FROM gc._tool_work WHERE of_tool
  UNION ALL
  SELECT trace_id, end_ns, 0, 0, 0, TRUE FROM trace
),
counts AS MATERIALIZED (
  SELECT
    trace_id,
    time_ns,
    bool_or(is_end) AS is_end,
    int64.clamp(SUM(int64.clamp(SUM(procs))) OVER so_far) AS procs,
    int64.clamp(SUM(int64.clamp(SUM(stops))) OVER so_far) AS stops,
    int64.clamp(SUM(int64.clamp(SUM(busy))) OVER so_far) AS busy
  FROM changes
  GROUP BY trace_id, time_ns
  WINDOW so_far AS (PARTITION BY trace_id ORDER BY time_ns)
),
steps AS (
  SELECT
    trace_id,
    time_ns,
    -- A worker in a system call counts beside the one that took its proc.
    CASE WHEN is_end OR stops > 0 THEN 0 ELSE greatest(1 - busy / procs, 0) END AS utilisation,
    is_end
  FROM counts
  JOIN trace USING (trace_id)
  QUALIFY
    (procs > 0 AND time_ns < trace.end_ns)
    OR (is_end AND MAX(procs) OVER (PARTITION BY trace_id ORDER BY time_ns) > 0)
)
SELECT trace_id, time_ns, utilisation
FROM steps
QUALIFY is_end OR utilisation IS DISTINCT FROM lag(utilisation) OVER (PARTITION BY trace_id ORDER BY time_ns)
