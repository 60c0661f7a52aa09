-- One row per series of goroutine profiles and source: how many goroutines there are, and how many more than at first.
--
-- They are the sums of its places in `goroutine.growth`, and worked out without looking at any.
--
-- key: series_id, source
CREATE VIEW goroutine.series (
  -- The series.
  series_id,
  -- `protobuf`, `text` (?debug=1), `dump` (?debug=2, panics) or `system`, with the runtime's own goroutines (SIGQUIT).
  source,
  -- From labels; NULL without one.
  service,
  -- From labels; NULL without one.
  instance,
  -- From labels; NULL without one.
  build,
  -- In the last moment.
  last_count,
  -- In the last moment less in the first.
  growth
) AS
WITH ends AS (
  SELECT series_id, source, profile_id, dump, position = 0 AS is_first, position = moments - 1 AS is_last
  FROM goroutine._moment
  WHERE position IN (0, moments - 1)
),
counted AS (
  SELECT profile_id, 0 AS dump, false AS is_dump, int64.clamp(SUM(value)) AS goroutines
  FROM profile_total
  WHERE sample_type IN ('goroutine', 'goroutineleak')
  GROUP BY profile_id
  UNION ALL
  SELECT profile.profile_id, told.dump, true, COUNT(*)
  FROM goroutine_dump AS told
  JOIN profile USING (source_id)
  WHERE profile.kind = 'goroutine'
  GROUP BY ALL
),
summed AS (
  SELECT
    ends.series_id,
    ends.source,
    int64.clamp(coalesce(SUM(goroutines) FILTER (is_last), 0)) AS last_count,
    int64.clamp(coalesce(SUM(goroutines) FILTER (is_first), 0)) AS first_count
  FROM ends
  LEFT JOIN counted
    ON counted.profile_id = ends.profile_id
    AND counted.dump = ends.dump
    AND counted.is_dump = (ends.source IN ('dump', 'system'))
  GROUP BY ends.series_id, ends.source
),
owners AS (
  SELECT series_id, any_value(service) AS service, any_value(instance) AS instance, any_value(build) AS build
  FROM profile
  WHERE kind IN ('goroutine', 'goroutineleak')
  GROUP BY series_id
)
SELECT
  summed.series_id,
  summed.source,
  owners.service,
  owners.instance,
  owners.build,
  summed.last_count,
  int64.clamp(summed.last_count::HUGEINT - summed.first_count)
FROM summed
JOIN owners USING (series_id)
