-- One row per process of MemStats of which no log or trace with the same labels tells: what the collector did in it.
--
-- A file whose last cycle another file tells of as well, to the nanosecond, and goes on from, is of the same process; that other
-- one counts.
--
-- key: source_id, process
CREATE VIEW gc._memstats (
  -- The file.
  source_id,
  -- The process in it, as in `process`.
  process,
  -- Cycles since it started.
  cycles,
  -- Cycles that the program asked for, since then.
  forced_cycles,
  -- Cycles whose pauses are told.
  pauses,
  -- Half of them stopped the program no longer.
  median_pause_ns,
  -- 99 of 100 did no longer.
  p99_pause_ns,
  -- The longest did.
  max_pause_ns,
  -- All pauses since it started; where MemStats do not say that, those that are told.
  pause_ns,
  -- Share of the processor time that the GC has taken since then, 0 to 1.
  cpu_share,
  -- The goal of the cycle to come.
  goal_bytes
) AS
WITH latest AS (
  SELECT
    source_id,
    process,
    MAX(cycles) AS cycles,
    MAX(forced_cycles) AS forced_cycles,
    MAX(pause_total_ns) AS pause_ns,
    arg_max(gc_cpu_fraction, (cycles, position)) AS cpu_share,
    arg_max(next_gc_bytes, (cycles, position)) AS goal_bytes
  FROM memstats
  GROUP BY source_id, process
),
told AS (
  SELECT labels::VARCHAR AS labels FROM process SEMI JOIN gctrace_cycle USING (source_id, process)
  UNION
  SELECT trace.labels::VARCHAR FROM trace SEMI JOIN gc._cycle AS cycles USING (trace_id)
),
stops AS (
  SELECT
    source_id,
    process,
    COUNT(*) AS pauses,
    quantile_disc(pause_ns, [0.5, 0.99]) AS quantiles,
    MAX(pause_ns) AS max_pause_ns,
    int64.clamp(SUM(pause_ns)) AS pause_ns,
    MAX(cycle) AS last_cycle,
    arg_max(ended_ns, cycle) AS last_ns
  FROM memstats_pause
  GROUP BY source_id, process
),
outdone AS (
  SELECT stops.source_id, stops.process
  FROM stops
  JOIN memstats_pause AS others
    ON others.cycle = stops.last_cycle AND others.ended_ns = stops.last_ns AND others.source_id <> stops.source_id
  JOIN stops AS ones ON ones.source_id = others.source_id AND ones.process = others.process
  WHERE (ones.last_cycle, -ones.source_id) > (stops.last_cycle, -stops.source_id)
)
SELECT
  source_id,
  process,
  latest.cycles,
  coalesce(latest.forced_cycles, 0),
  coalesce(stops.pauses, 0),
  stops.quantiles[1],
  stops.quantiles[2],
  stops.max_pause_ns,
  coalesce(latest.pause_ns, stops.pause_ns, 0),
  latest.cpu_share,
  latest.goal_bytes
FROM latest
JOIN process AS processes USING (source_id, process)
LEFT JOIN stops USING (source_id, process)
ANTI JOIN outdone USING (source_id, process)
WHERE latest.cycles > 0 AND processes.labels::VARCHAR NOT IN (SELECT labels FROM told)
