-- One row per series of goroutine profiles and stack: how many goroutines are there, and how many more than at first.
--
-- Goroutines that wait at one place in ever greater numbers leak. Profiles of kind goroutine and goroutineleak (Go 1.26 and
-- 1.27, which know that nobody can wake them) are series of their own.
--
-- key: series_id, stack_id
CREATE VIEW goroutine.growth (
  -- The series.
  series_id,
  -- goroutine or goroutineleak.
  kind,
  -- From labels; NULL without one.
  service,
  -- From labels; NULL without one.
  instance,
  -- From labels; NULL without one.
  build,
  -- Where they are.
  stack_id,
  -- The function they were started with.
  root_function,
  -- The function of the program's that they are in, nearest to the leaf and not of the runtime; NULL when there is none.
  function,
  -- Its file; NULL without one.
  file,
  -- The line it is at; NULL when unknown.
  line,
  -- In the first profile of the series.
  first_count,
  -- In the last one.
  last_count,
  -- Last minus first.
  growth,
  -- Ordinary least squares over all profiles of the series; NULL for one profile or one moment.
  slope_per_s,
  -- Share of the intervals in which their number rose; NULL without an interval.
  rising_share
) AS
WITH profiles AS (
  SELECT
    profile_id,
    series_id,
    (row_number() OVER series - 1)::INTEGER AS position,
    (time_ns::HUGEINT - FIRST_VALUE(time_ns) OVER series) / 1e9 AS elapsed_s,
    COUNT(*) OVER (PARTITION BY series_id) AS profiles
  FROM profile
  WHERE kind IN ('goroutine', 'goroutineleak')
  WINDOW series AS (PARTITION BY series_id ORDER BY time_ns, profile_id)
),
counted AS (
  SELECT profiles.series_id, sample.stack_id, profiles.position, int64.clamp(SUM(sample.value)) AS goroutines
  FROM profiles
  JOIN sample USING (profile_id)
  WHERE sample.sample_type IN ('goroutine', 'goroutineleak')
  GROUP BY profiles.series_id, sample.stack_id, profiles.position
),
seen AS (
  SELECT DISTINCT series_id, stack_id FROM counted
),
-- Where a stack is not there are none.
history AS (
  SELECT
    seen.series_id,
    seen.stack_id,
    profiles.position,
    profiles.elapsed_s,
    profiles.profiles,
    coalesce(counted.goroutines, 0) AS goroutines,
    coalesce(counted.goroutines, 0) > LAG(coalesce(counted.goroutines, 0)) OVER (
      PARTITION BY seen.series_id, seen.stack_id ORDER BY profiles.position
    ) AS is_more
  FROM seen
  JOIN profiles USING (series_id)
  LEFT JOIN counted USING (series_id, stack_id, position)
),
summed AS (
  SELECT
    series_id,
    stack_id,
    arg_min(goroutines, position) AS first_count,
    arg_max(goroutines, position) AS last_count,
    CASE WHEN MAX(elapsed_s) > 0 THEN regr_slope(goroutines, elapsed_s) END AS slope_per_s,
    COUNT(*) FILTER (is_more) / nullif(any_value(profiles) - 1, 0) AS rising_share
  FROM history
  GROUP BY series_id, stack_id
),
frames AS (
  SELECT seen.stack_id, unnest(stack.location_ids) AS location_id, unnest(range(len(stack.location_ids))) AS place
  FROM (SELECT DISTINCT stack_id FROM seen) AS seen
  JOIN stack USING (stack_id)
),
waiting AS (
  SELECT
    frames.stack_id,
    arg_min(
      {'function': lines.function, 'file': lines.file, 'line': lines.line}, frames.place::BIGINT * 1000 + lines.depth
    ) AS frame
  FROM frames
  JOIN stack._line AS lines USING (location_id)
  WHERE NOT regexp_matches(coalesce(lines.package, ''), '^(runtime|internal/runtime/.*|runtime/internal/.*)$')
  GROUP BY frames.stack_id
),
series AS (
  SELECT
    series_id,
    any_value(kind) AS kind,
    any_value(service) AS service,
    any_value(instance) AS instance,
    any_value(build) AS build
  FROM profile
  GROUP BY series_id
)
SELECT
  summed.series_id,
  series.kind,
  series.service,
  series.instance,
  series.build,
  summed.stack_id,
  root.function,
  waiting.frame.function,
  waiting.frame.file,
  waiting.frame.line,
  summed.first_count,
  summed.last_count,
  int64.clamp(summed.last_count::HUGEINT - summed.first_count),
  summed.slope_per_s,
  summed.rising_share
FROM summed
JOIN series USING (series_id)
LEFT JOIN stack.root AS root USING (stack_id)
LEFT JOIN waiting USING (stack_id)
