-- One row per verdict of the compiler and series of heap profiles that has allocations of it: how certain the heap is, and what it costs.
--
-- A verdict that no profile tells of has one row without a series. What keeping it on the stack would save assumes that
-- the code can be changed so, that the rest of the program does not change, and that GOGC sets the pace: then cycles
-- come as often as the heap doubles, each marks what is live, and the GC's work goes with the bytes allocated alone.
-- Under a memory limit it saves more, in a heap below GOGC's minimum of 4 MiB less. Figures are those of `escape.cost`.
--
-- key: service, build, escape_site_id, series_id
CREATE VIEW escape.level (
  -- The verdict.
  escape_site_id,
  -- From labels of the report; NULL without one.
  service,
  -- From labels of the report; NULL without one.
  build,
  -- The series; NULL where none has allocations of it.
  series_id,
  -- Import path; `main` where only a JSON log tells.
  package,
  -- File's base name.
  base_name,
  -- Line of the outermost call after inlining.
  line,
  -- Byte column; 0 when the report has none.
  "column",
  -- As in `escape.site`.
  kind,
  -- The compiler's rendering of what escapes.
  expression,
  -- `certain` (it is put on the heap whenever it is made), `conditional` (something else decides), `stays` on the stack,
  -- `static` (called escaping, but a constant of the executable or nothing at all).
  certainty,
  -- What decides of a conditional one: `argument` (what a caller passes goes to the heap), `content` (what that points
  -- to does), `result` (it flows to a result, and the caller decides), `size` (only a small one stays: 32 bytes of a
  -- slice, string or bytes, what a map has room for at first); NULL for others.
  condition,
  -- Why, in one sentence; NULL for what is not said to escape.
  reason,
  -- Bytes allocated a second; NULL without two moments.
  alloc_bytes_per_s,
  -- Objects allocated a second; NULL without two moments.
  alloc_objects_per_s,
  -- Live bytes in the last profile.
  live_bytes,
  -- Share of all live bytes in the last profile, which is what a GC cycle has to mark.
  gc_share,
  -- Bytes a second that go to rounding up to a size class; NULL where the expression gives no constant size.
  waste_bytes_per_s,
  -- Share of the GC's work that would not have to be done: that of the bytes allocated.
  saved_gc_share,
  -- By how much lower the heap would peak, with GOGC=100: twice what is live.
  saved_heap_bytes
) AS
SELECT
  sites.escape_site_id,
  sites.service,
  sites.build,
  costs.series_id,
  sites.package,
  sites.base_name,
  sites.line,
  sites.column,
  sites.kind,
  sites.expression,
  CASE
    WHEN sites.is_on_heap AND records.escape_site_id IS NULL THEN 'static'
    WHEN sites.is_on_heap THEN 'certain'
    WHEN conditions.condition IS NOT NULL THEN 'conditional'
    ELSE 'stays'
  END,
  conditions.condition,
  reasons.reason,
  costs.alloc_bytes_per_s,
  costs.alloc_objects_per_s,
  costs.live_bytes,
  costs.gc_share,
  costs.waste_bytes_per_s,
  costs.alloc_share,
  int64.clamp(costs.live_bytes::HUGEINT * 2)
FROM escape.site AS sites
LEFT JOIN escape._condition AS conditions
  -- NULL labels are labels too.
  ON conditions.escape_site_id = sites.escape_site_id
  AND conditions.service IS NOT DISTINCT FROM sites.service
  AND conditions.build IS NOT DISTINCT FROM sites.build
LEFT JOIN attribution._record AS records
  ON records.escape_site_id = sites.escape_site_id
  AND records.service IS NOT DISTINCT FROM sites.service
  AND records.build IS NOT DISTINCT FROM sites.build
LEFT JOIN escape.reason AS reasons
  ON reasons.escape_site_id = sites.escape_site_id
  AND reasons.service IS NOT DISTINCT FROM sites.service
  AND reasons.build IS NOT DISTINCT FROM sites.build
LEFT JOIN escape.cost AS costs
  ON costs.escape_site_id = sites.escape_site_id
  AND costs.service IS NOT DISTINCT FROM sites.service
  AND costs.build IS NOT DISTINCT FROM sites.build
