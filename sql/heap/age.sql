-- One row per series of heap profiles and allocation site: how long its objects live, and how much of what it allocates stays.
--
-- By Little's law: what is live, divided by what is allocated a second, is the mean age of a byte, if the heap is level. What
-- grows is older than that says. A site that keeps all it allocates leaks or fills a cache; one that keeps nothing churns.
--
-- key: series_id, function, file, line
CREATE VIEW heap.age (
  -- The series.
  series_id,
  -- The function that allocates, what was inlined into it included.
  function,
  -- Its file; NULL without one.
  file,
  -- The line that allocates; NULL when unknown.
  line,
  -- Live bytes in the last profile.
  live_bytes,
  -- Bytes allocated a second between the first and the last profile; NULL without two moments.
  alloc_bytes_per_s,
  -- Live bytes by bytes allocated a second; NULL where nothing was allocated meanwhile.
  mean_age_s,
  -- Live bytes gained, of bytes allocated meanwhile: 1 for what keeps everything, 0 for what is level; NULL where
  -- nothing was allocated.
  kept_share
) AS
WITH bounds AS (
  SELECT series_id, first_profile_id AS profile_id, -1 AS sign FROM heap.series WHERE profiles > 1
  UNION ALL
  SELECT series_id, last_profile_id, 1 FROM heap.series WHERE profiles > 1
),
ends AS (
  SELECT
    bounds.series_id,
    sample.stack_id,
    sample.value::HUGEINT * bounds.sign AS gained,
    CASE WHEN bounds.sign = 1 THEN sample.value END AS last_value,
    sample.sample_type
  FROM bounds
  JOIN main.sample_value AS sample USING (profile_id)
  WHERE sample.sample_type IN ('inuse_space', 'alloc_space')
),
summed AS (
  SELECT
    ends.series_id,
    leaf.outer_function AS function,
    leaf.outer_file AS file,
    leaf.outer_line AS line,
    int64.clamp(coalesce(SUM(ends.last_value) FILTER (sample_type = 'inuse_space'), 0)) AS live_bytes,
    int64.clamp(coalesce(SUM(ends.gained) FILTER (sample_type = 'inuse_space'), 0)) AS growth_bytes,
    int64.clamp(coalesce(SUM(ends.gained) FILTER (sample_type = 'alloc_space'), 0)) AS alloc_bytes
  FROM ends
  JOIN stack._leaf AS leaf USING (stack_id)
  GROUP BY ALL
)
SELECT
  summed.series_id,
  summed.function,
  summed.file,
  summed.line,
  summed.live_bytes,
  summed.alloc_bytes / nullif(epoch(series.last_at) - epoch(series.first_at), 0),
  CASE WHEN summed.alloc_bytes > 0 THEN
    summed.live_bytes / (summed.alloc_bytes / nullif(epoch(series.last_at) - epoch(series.first_at), 0))
  END,
  CASE WHEN summed.alloc_bytes > 0 THEN summed.growth_bytes / summed.alloc_bytes END
FROM summed
JOIN heap.series AS series USING (series_id)
WHERE summed.live_bytes <> 0 OR summed.alloc_bytes <> 0
