-- One row per size of the heap that any file of a process tells, side by side with what another source says of the same cycle.
--
-- Each row is held against a reference, and what differs is taken apart: `cut_bytes` is lost in print, `allocated_bytes` and
-- `freed_bytes` happened between two moments, and `rest_bytes` is what no definition explains. It is 0 but for profiles,
-- which are samples as of the last cycle that was swept wholly, of objects only: the cycle before, unless runtime.GC waited
-- for that; and for a goal that was changed meanwhile (debug.SetGCPercent, a memory limit).
--
-- key: run, cycle, quantity, source, source_id, process, position
CREATE VIEW compare.heap_sources (
  -- The process that the files are of, as in `clock.file`, which says how that is known.
  run,
  -- Number of the cycle.
  cycle,
  -- `start` and `end` (the runtime's own count of live bytes as the cycle began and as marking ended, which takes the spans of
  -- each P as full), `marked` (what marking found reachable), `goal` (the heap that the cycle was to end below), `objects`
  -- (reachable or not yet swept, at a moment after the cycle: HeapAlloc), `profile` (inuse_space after it).
  quantity,
  -- `trace`, `metrics`, `memstats` (also the trailer of a text profile), `gctrace`, `pacer` or `profile`.
  source,
  -- The file.
  source_id,
  -- The process in it, as in `process`; 0 for a trace and a profile.
  process,
  -- The moment in the file, or the cycle of a trace; NULL of a log and a profile.
  position,
  -- When, nanoseconds since 1970; of a moment that has no time, and of a cycle, the end of the cycle. NULL when that is not known.
  at_ns,
  -- What it tells.
  bytes,
  -- What it is held against: the most exact source of the same quantity, of `objects` the moment before (`metrics` or `memstats`),
  -- of a profile what was marked; NULL when there is none.
  reference,
  -- What that tells.
  reference_bytes,
  -- `bytes` less that.
  difference_bytes,
  -- What is cut off in print; NULL without a reference.
  cut_bytes,
  -- Allocated between the two moments; NULL but for `objects`.
  allocated_bytes,
  -- Swept between the two moments; NULL but for `objects`.
  freed_bytes,
  -- What is left of the difference; NULL without a reference.
  rest_bytes
) AS
WITH placed AS (
  SELECT
    *,
    first_value(source) OVER same AS best_source,
    first_value(bytes) OVER same AS best_bytes,
    lag(source) OVER moments AS last_source,
    lag(bytes) OVER moments AS last_bytes,
    allocated_bytes::HUGEINT - lag(allocated_bytes) OVER moments AS allocated_between,
    freed_bytes::HUGEINT - lag(freed_bytes) OVER moments AS freed_between
  FROM compare._statement
  WINDOW
    same AS (
      PARTITION BY run, cycle, quantity
      ORDER BY
        unit_bytes,
        list_position(['trace', 'metrics', 'memstats', 'pacer', 'gctrace'], source),
        source_id,
        position
    ),
    -- Of two moments the one with more allocations is the later one, whatever their clocks say.
    moments AS (PARTITION BY run, quantity ORDER BY allocated_bytes, at_ns, source_id, position)
),
marked AS (
  SELECT run, cycle, any_value(best_source) AS source, any_value(best_bytes) AS bytes
  FROM placed
  WHERE quantity = 'marked'
  GROUP BY run, cycle
),
held AS (
  SELECT
    placed.*,
    CASE quantity WHEN 'objects' THEN last_source WHEN 'profile' THEN marked.source ELSE best_source END AS reference,
    CASE quantity WHEN 'objects' THEN last_bytes WHEN 'profile' THEN marked.bytes ELSE best_bytes END AS reference_bytes
  FROM placed
  LEFT JOIN marked USING (run, cycle)
)
SELECT
  held.run,
  held.cycle,
  held.quantity,
  held.source,
  held.source_id,
  held.process,
  held.position,
  coalesce(held.at_ns, ends.ended_ns),
  held.bytes,
  held.reference,
  held.reference_bytes,
  int64.clamp(held.bytes::HUGEINT - held.reference_bytes),
  int64.clamp(held.reference_bytes::HUGEINT % held.unit_bytes),
  int64.clamp(CASE held.quantity WHEN 'objects' THEN held.allocated_between END),
  int64.clamp(CASE held.quantity WHEN 'objects' THEN held.freed_between END),
  int64.clamp(
    held.bytes::HUGEINT - held.reference_bytes + held.reference_bytes % held.unit_bytes
    - CASE held.quantity WHEN 'objects' THEN held.allocated_between - held.freed_between ELSE 0 END
  )
FROM held
LEFT JOIN clock.cycle AS ends ON ends.run = held.run AND ends.cycle = held.cycle
