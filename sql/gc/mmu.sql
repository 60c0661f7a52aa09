-- One row per trace and window: the minimum mutator utilisation, the least the GC left to the program in any such time.
--
-- The mean over a window that slides is least where one of its edges meets a change, so only those windows are looked
-- at. A window longer than the trace is as long as the trace; one of no length has no row. `go tool trace` looks no further than to where, by its
-- count, nothing is left to the program for the rest of the trace.
--
-- key: trace_id, window_ns
-- column trace_id: The trace.
-- column window_ns: Length of the window, as asked for.
-- column utilisation: Mean share of the procs left to the program in the worst window, 0 to 1.
-- column start_ns: Where the worst window begins, on the trace's clock; the first, when there are several.
-- column tool_utilisation: What `go tool trace` says of the same; the two differ where workers were labelled twice.
-- column since_start_ns: Where the worst window begins, since the trace's first event.
CREATE MACRO gc.mmu(
  -- Lengths of the windows in ns.
  windows_ns
) AS TABLE
WITH steps AS MATERIALIZED (
  SELECT
    trace_id,
    of_tool,
    time_ns,
    utilisation,
    coalesce(SUM(utilisation * duration_ns) OVER before, 0) AS up_to_here
  FROM (
    SELECT
      trace_id,
      of_tool,
      time_ns,
      utilisation,
      lead(time_ns) OVER (PARTITION BY trace_id, of_tool ORDER BY time_ns) - time_ns::HUGEINT AS duration_ns
    FROM (
      SELECT trace_id, FALSE AS of_tool, time_ns, utilisation FROM gc.utilisation
      UNION ALL
      SELECT trace_id, TRUE, time_ns, utilisation
      FROM gc._utilisation(TRUE)
      QUALIFY utilisation IS DISTINCT FROM lag(utilisation) OVER (PARTITION BY trace_id ORDER BY time_ns)
    )
  )
  WINDOW before AS (
    PARTITION BY trace_id, of_tool ORDER BY time_ns ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
  )
),
windows AS (
  SELECT
    trace_id,
    of_tool,
    window_ns,
    MIN(time_ns) AS begin_ns,
    MAX(time_ns) AS end_ns,
    least(window_ns, int64.clamp(MAX(time_ns)::HUGEINT - MIN(time_ns))) AS width_ns
  FROM steps
  CROSS JOIN (SELECT DISTINCT unnest(windows_ns)::BIGINT AS window_ns)
  GROUP BY trace_id, of_tool, window_ns
),
edges AS (
  SELECT trace_id, of_tool, window_ns, width_ns, time_ns AS left_ns
  FROM windows
  JOIN steps USING (trace_id, of_tool)
  WHERE time_ns <= int64.clamp(end_ns::HUGEINT - width_ns) AND width_ns > 0
  UNION
  SELECT trace_id, of_tool, window_ns, width_ns, int64.clamp(time_ns::HUGEINT - width_ns)
  FROM windows
  JOIN steps USING (trace_id, of_tool)
  WHERE time_ns::HUGEINT - width_ns >= begin_ns AND width_ns > 0
),
sides AS (
  SELECT trace_id, of_tool, window_ns, width_ns, left_ns, left_ns AS at_ns, FALSE AS is_late FROM edges
  UNION ALL
  SELECT trace_id, of_tool, window_ns, width_ns, left_ns, int64.clamp(left_ns::HUGEINT + width_ns), TRUE FROM edges
),
-- What was left up to either side, by the step that held there. An ASOF join says it shorter, and DuckDB, which cannot know
-- how many sides there are, makes it compare each with every step.
areas AS (
  SELECT
    trace_id,
    of_tool,
    window_ns,
    width_ns,
    left_ns,
    is_late,
    last_value(up_to_here IGNORE NULLS) OVER so_far
    + last_value(utilisation IGNORE NULLS) OVER so_far
    * (at_ns::HUGEINT - last_value(step_ns IGNORE NULLS) OVER so_far) AS area
  FROM (
    SELECT
      trace_id,
      of_tool,
      NULL AS window_ns,
      NULL AS width_ns,
      NULL AS left_ns,
      time_ns AS at_ns,
      NULL AS is_late,
      time_ns AS step_ns,
      utilisation,
      up_to_here
    FROM steps
    UNION ALL
    SELECT trace_id, of_tool, window_ns, width_ns, left_ns, at_ns, is_late, NULL, NULL, NULL FROM sides
  )
  -- The step at a side's time holds there already.
  WINDOW so_far AS (
    PARTITION BY trace_id, of_tool ORDER BY at_ns, is_late NULLS FIRST ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
  )
),
means AS (
  SELECT
    trace_id,
    of_tool,
    window_ns,
    left_ns,
    (MAX(area) FILTER (is_late) - MAX(area) FILTER (NOT is_late)) / width_ns AS utilisation
  FROM areas
  WHERE window_ns IS NOT NULL
  GROUP BY trace_id, of_tool, window_ns, width_ns, left_ns
),
worst AS (
  SELECT
    trace_id,
    window_ns,
    -- Differences of long sums are off by their last bits: never below zero, and no reason to choose a window.
    greatest(MIN(utilisation) FILTER (NOT of_tool), 0) AS utilisation,
    arg_min(left_ns, (round(utilisation, 9), left_ns)) FILTER (NOT of_tool) AS start_ns,
    greatest(MIN(utilisation) FILTER (of_tool), 0) AS tool_utilisation
  FROM means
  GROUP BY trace_id, window_ns
)
SELECT
  trace_id,
  worst.window_ns,
  worst.utilisation,
  worst.start_ns,
  worst.tool_utilisation,
  int64.clamp(worst.start_ns::HUGEINT - trace.start_ns) AS since_start_ns
FROM worst
LEFT JOIN trace USING (trace_id)
ORDER BY trace_id, worst.window_ns
