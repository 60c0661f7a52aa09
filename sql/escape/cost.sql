-- One row per series of heap profiles and verdict that explains allocations of it: what they cost.
--
-- Rates are over the series, from its first to its last profile; a series of one profile has none. Counted are bytes of
-- class `escape`, where one record explains an allocation, and what is of the only verdict of its line that says it would
-- stay on the stack if it were small.
--
-- key: series_id, escape_site_id
CREATE VIEW escape.cost (
  -- The series.
  series_id,
  -- The verdict.
  escape_site_id,
  -- From labels; NULL without one.
  service,
  -- From labels; NULL without one.
  build,
  -- Import path; `main` where only a JSON log tells.
  package,
  -- File's base name.
  base_name,
  -- Line of the outermost call after inlining.
  line,
  -- The compiler's rendering of what escapes.
  expression,
  -- Bytes allocated a second; NULL without two moments.
  alloc_bytes_per_s,
  -- Objects allocated a second; NULL without two moments.
  alloc_objects_per_s,
  -- Live bytes in the last profile.
  live_bytes,
  -- Share of all bytes allocated between the two profiles, and so of the GC cycles that allocation sets off; for a
  -- series of one profile, of all bytes since the process started.
  alloc_share,
  -- Share of all live bytes in the last profile, which is what a GC cycle has to mark; objects without pointers
  -- cost less, which profiles do not tell.
  gc_share,
  -- Bytes a second that go to rounding up to a size class; NULL where the expression gives no constant size.
  waste_bytes_per_s
) AS
WITH ends AS (
  SELECT series_id, first_profile_id AS profile_id, -1 AS sign FROM heap.series WHERE profiles > 1
  UNION ALL
  SELECT series_id, last_profile_id, 1 FROM heap.series
),
weighed AS (
  SELECT
    ends.series_id,
    sample.stack_id,
    int64.clamp(SUM(ends.sign * sample.value::HUGEINT) FILTER (sample.sample_type = 'alloc_space')) AS alloc_bytes,
    int64.clamp(SUM(ends.sign * sample.value::HUGEINT) FILTER (sample.sample_type = 'alloc_objects')) AS alloc_objects,
    int64.clamp(SUM(sample.value) FILTER (sample.sample_type = 'inuse_space' AND ends.sign = 1)) AS live_bytes
  FROM ends
  -- Of samples and not of sums of them, so that those of a few profiles are read for a few series.
  JOIN main.sample_value AS sample USING (profile_id)
  WHERE sample.sample_type IN ('alloc_space', 'alloc_objects', 'inuse_space')
  GROUP BY ends.series_id, sample.stack_id
),
allocated AS (
  SELECT
    weighed.series_id,
    allocations.escape_site_id,
    int64.clamp(coalesce(SUM(weighed.alloc_bytes), 0)) AS alloc_bytes,
    int64.clamp(coalesce(SUM(weighed.alloc_objects), 0)) AS alloc_objects,
    int64.clamp(coalesce(SUM(weighed.live_bytes), 0)) AS live_bytes
  FROM weighed
  LEFT JOIN escape._allocation AS allocations USING (series_id, stack_id)
  GROUP BY weighed.series_id, allocations.escape_site_id
),
shared AS (
  SELECT
    *,
    int64.clamp(SUM(alloc_bytes) OVER (PARTITION BY series_id)) AS all_alloc_bytes
  FROM allocated
)
SELECT
  shared.series_id,
  shared.escape_site_id,
  series.service,
  series.build,
  sites.package,
  sites.base_name,
  sites.line,
  sites.expression,
  CASE WHEN series.profiles > 1
    THEN shared.alloc_bytes / nullif(epoch(series.last_at) - epoch(series.first_at), 0)
  END,
  CASE WHEN series.profiles > 1
    THEN shared.alloc_objects / nullif(epoch(series.last_at) - epoch(series.first_at), 0)
  END,
  shared.live_bytes,
  shared.alloc_bytes / nullif(shared.all_alloc_bytes, 0),
  shared.live_bytes / nullif(series.last_bytes, 0),
  CASE WHEN series.profiles > 1
    THEN shared.alloc_objects::HUGEINT * (records.slot_bytes - records.constant_bytes)
      / nullif(epoch(series.last_at) - epoch(series.first_at), 0)
  END
FROM shared
JOIN heap.series AS series USING (series_id)
JOIN escape.site AS sites
  -- NULL labels are labels too.
  ON sites.escape_site_id = shared.escape_site_id
  AND sites.service IS NOT DISTINCT FROM series.service
  AND sites.build IS NOT DISTINCT FROM series.build
LEFT JOIN attribution._record AS records
  ON records.escape_site_id = shared.escape_site_id
  AND records.service IS NOT DISTINCT FROM series.service
  AND records.build IS NOT DISTINCT FROM series.build
