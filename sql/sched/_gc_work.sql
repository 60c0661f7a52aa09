-- One row per span of time in which a goroutine did the GC's work: helped marking, or swept.
--
-- Marking is told of the goroutine. Sweeping is told of the proc, and is the goroutine's that ran there all the while;
-- what was swept between goroutines has no row.
--
-- key: trace_id, range_index
CREATE VIEW sched._gc_work (
  -- The trace.
  trace_id,
  -- The range, as numbered in trace_range.
  range_index,
  -- The goroutine.
  goroutine,
  -- `assist` or `sweep`.
  kind,
  -- How long, as far as it lies in the trace.
  duration_ns
) AS
WITH spans AS (
  SELECT
    trace_id,
    ranges.range_index,
    ranges.name,
    ranges.goroutine,
    ranges.proc,
    coalesce(ranges.start_ns, trace.start_ns) AS start_ns,
    coalesce(ranges.end_ns, trace.end_ns) AS end_ns
  FROM trace_range AS ranges
  JOIN trace USING (trace_id)
  WHERE ranges.name IN ('GC mark assist', 'GC incremental sweep')
),
runs AS (
  SELECT trace_id, proc, goroutine, start_ns, end_ns
  FROM sched._state
  WHERE state = 'running'
    -- Most traces have few sweeps or none, and all runs have to be sorted to find theirs.
    AND trace_id IN (SELECT trace_id FROM spans WHERE proc IS NOT NULL)
)
SELECT trace_id, range_index, goroutine, 'assist', int64.clamp(end_ns::HUGEINT - start_ns)
FROM spans
WHERE goroutine IS NOT NULL
UNION ALL
SELECT spans.trace_id, spans.range_index, runs.goroutine, 'sweep', int64.clamp(spans.end_ns::HUGEINT - spans.start_ns)
FROM spans
ASOF JOIN runs
  -- The last run that began on the proc before the sweep did.
  ON runs.trace_id = spans.trace_id AND runs.proc = spans.proc AND runs.start_ns <= spans.start_ns
WHERE runs.end_ns >= spans.end_ns
