-- One row per heap profile at either end of its series and stack: the variance that sampling leaves in its live bytes.
--
-- Go samples one allocation in R bytes and scales what it saw of objects of S bytes by 1/p, p = 1 - e^(-S/R)
-- (runtime/pprof/protomem.go, scaleHeapSample). Of N objects N p are expected to be seen, with binomial spread, so
-- the scaled bytes have the variance N S² (1 - p) / p. With R at most 1 every allocation is seen.
--
-- key: profile_id, stack_id
CREATE VIEW heap._sampling (
  -- The profile.
  profile_id,
  -- Call stack.
  stack_id,
  -- Of the live bytes, in bytes squared.
  variance
) AS
WITH ends AS (
  SELECT first_profile_id AS profile_id FROM heap.series
  UNION
  SELECT last_profile_id FROM heap.series
),
sized AS (
  SELECT
    profile_id,
    sample_index,
    any_value(stack_id) AS stack_id,
    MAX(value) FILTER (sample_type = 'inuse_space') AS inuse_bytes,
    MAX(value) FILTER (sample_type = 'inuse_objects') AS inuse_objects
  FROM main.sample_value AS sample
  JOIN ends USING (profile_id)
  WHERE sample_type IN ('inuse_space', 'inuse_objects')
  GROUP BY profile_id, sample_index
),
seen AS (
  SELECT
    sized.profile_id,
    sized.stack_id,
    sized.inuse_objects,
    sized.inuse_bytes / sized.inuse_objects AS object_bytes,
    1 - exp(-(sized.inuse_bytes / sized.inuse_objects) / profile.period) AS probability
  FROM sized
  JOIN profile USING (profile_id)
  WHERE sized.inuse_objects > 0 AND sized.inuse_bytes > 0 AND profile.period > 1
)
SELECT
  profile_id,
  stack_id,
  SUM(inuse_objects * object_bytes * object_bytes * (1 - probability) / nullif(probability, 0))
FROM seen
GROUP BY profile_id, stack_id
