-- One row per series of goroutine profiles, source, stack and state in a span of time: how many there are, and how many more than at first.
--
-- What `goroutine.growth` would say were there only the profiles and dumps of the span; what does not say when it was is in none.
--
-- key: series_id, source, stack_id, state, created_by, created_file, created_line
-- column series_id: The series.
-- column source: `protobuf`, `text` (?debug=1), `dump` (?debug=2, panics) or `system`, a dump with the runtime's own goroutines (SIGQUIT).
-- column kind: goroutine or goroutineleak.
-- column service: From labels; NULL without one.
-- column instance: From labels; NULL without one.
-- column build: From labels; NULL without one.
-- column stack_id: Where they are; NULL in a dump when their stack could not be had.
-- column state: What they wait for, or whether they run: a dump says so, of profiles runtime functions on the stack do; NULL when those do not.
-- column created_by: The function that started them; NULL where that is not told, as in profiles.
-- column created_file: The file of the `go` statement; NULL where that is not told.
-- column created_line: The line of the `go` statement; NULL where that is not told.
-- column root_function: The function they were started with.
-- column function: The function of the program's that they are in, nearest to the leaf and not of Go's own; NULL when all are of Go's runtime.
-- column file: Its file; NULL without one.
-- column line: The line it is at; NULL when unknown.
-- column moments: Moments of the series and source: profiles, or dumps.
-- column first_count: In the first of them.
-- column last_count: In the last one.
-- column growth: Last minus first.
-- column slope_per_s: Ordinary least squares over all moments; NULL for one, or where it is not known when they were.
-- column rising_share: Share of the intervals in which their number rose; NULL without an interval.
-- column longest_wait_ns: The longest that one of them had waited in the last moment, in whole minutes since the first GC cycle that found it waiting; NULL below one, and where it is not told.
-- column leaked: Of the last ones those that nobody can wake; NULL where nothing tells.
-- column stack: Function, file and line of every frame, leaf first; empty where their stack could not be had.
CREATE MACRO goroutine.growth_between(
  -- When the span begins, UTC; NULL for no beginning.
  earliest,
  -- When it ends, itself included; NULL for no end.
  latest,
  -- Only these series; all when NULL. What leak profiles of the same process say of theirs is read too.
  series_ids := NULL
) AS TABLE
WITH wanted AS (
  SELECT unnest(series_ids::INTEGER[]) AS series_id
  UNION
  SELECT leaks.series_id
  FROM profile AS leaks
  JOIN profile AS own
    ON own.labels = leaks.labels
    AND own.program IS NOT DISTINCT FROM leaks.program
    AND own.build_id IS NOT DISTINCT FROM leaks.build_id
  WHERE leaks.kind = 'goroutineleak' AND own.series_id IN (SELECT unnest(series_ids::INTEGER[]))
),
chosen AS (
  SELECT
    * EXCLUDE (position, moments, elapsed_s),
    (row_number() OVER series - 1)::INTEGER AS position,
    (COUNT(*) OVER (PARTITION BY series_id, source))::INTEGER AS moments,
    (time_ns::HUGEINT - FIRST_VALUE(time_ns) OVER series) / 1e9 AS elapsed_s
  FROM goroutine._moment
  -- What does not say when it was is in no span, as NULL is neither before nor after.
  WHERE (series_ids IS NULL OR series_id IN (SELECT series_id FROM wanted))
    AND (earliest IS NULL OR time_ns >= epoch_us(earliest::TIMESTAMP)::HUGEINT * 1000)
    AND (latest IS NULL OR time_ns <= epoch_us(latest::TIMESTAMP)::HUGEINT * 1000 + 999)
  WINDOW series AS (PARTITION BY series_id, source ORDER BY position)
),
moments AS (
  SELECT
    *,
    elapsed_s - AVG(elapsed_s) OVER series AS from_mean_s,
    COUNT(elapsed_s) OVER series = moments AS is_timed
  FROM chosen
  WINDOW series AS (PARTITION BY series_id, source)
),
counted AS (
  SELECT
    profile_id,
    0 AS dump,
    stack_id,
    NULL::VARCHAR AS state,
    NULL::VARCHAR AS created_by,
    NULL::VARCHAR AS created_file,
    NULL::BIGINT AS created_line,
    int64.clamp(SUM(value)) AS goroutines,
    NULL::BIGINT AS longest_wait_ns,
    NULL::BIGINT AS leaked
  FROM main.sample_value AS sample
  WHERE sample_type IN ('goroutine', 'goroutineleak')
    AND profile_id IN (SELECT profile_id FROM moments WHERE source IN ('protobuf', 'text'))
  GROUP BY profile_id, stack_id
  UNION ALL
  SELECT
    profile.profile_id,
    told.dump,
    told.stack_id,
    told.state,
    told.created_by,
    told.created_file,
    told.created_line,
    COUNT(*),
    MAX(told.wait_ns),
    COUNT(*) FILTER (told.is_leaked)
  FROM goroutine_dump AS told
  JOIN profile USING (source_id)
  WHERE profile.kind = 'goroutine'
  GROUP BY ALL
),
-- Where a place is not told of there are none.
history AS (
  SELECT
    counted.* EXCLUDE (profile_id, dump),
    moments.*,
    LAG(counted.goroutines) OVER place AS before,
    LAG(moments.position) OVER place AS position_before
  FROM counted
  JOIN moments USING (profile_id, dump)
  WINDOW place AS (
    PARTITION BY moments.series_id, moments.source, stack_id, state, created_by, created_file, created_line
    ORDER BY moments.position
  )
),
spread AS (
  SELECT series_id, source, SUM(from_mean_s * from_mean_s) AS time_variance
  FROM moments
  GROUP BY series_id, source
),
summed AS (
  SELECT
    series_id,
    source,
    stack_id,
    state,
    created_by,
    created_file,
    created_line,
    any_value(moments) AS moments,
    coalesce(MAX(goroutines) FILTER (position = 0), 0) AS first_count,
    coalesce(MAX(goroutines) FILTER (position = moments - 1), 0) AS last_count,
    SUM(from_mean_s * goroutines) FILTER (is_timed) AS covariance,
    COUNT(*) FILTER (
      position > 0 AND goroutines > CASE WHEN position_before = position - 1 THEN before ELSE 0 END
    ) / nullif(any_value(moments) - 1, 0) AS rising_share,
    MAX(longest_wait_ns) FILTER (position = moments - 1) AS longest_wait_ns,
    MAX(leaked) FILTER (position = moments - 1) AS leaked
  FROM history
  GROUP BY series_id, source, stack_id, state, created_by, created_file, created_line
),
series AS (
  SELECT
    series_id,
    any_value(kind) AS kind,
    any_value(service) AS service,
    any_value(instance) AS instance,
    any_value(build) AS build,
    any_value(labels) AS labels,
    any_value(program) AS program,
    any_value(build_id) AS build_id
  FROM profile
  WHERE kind IN ('goroutine', 'goroutineleak')
  GROUP BY series_id
),
-- What the last leak profile of a process says.
leaks AS (
  SELECT series.labels, series.program, series.build_id, summed.source, summed.stack_id, summed.last_count AS leaked
  FROM summed
  JOIN series USING (series_id)
  WHERE series.kind = 'goroutineleak'
),
detectors AS (
  SELECT DISTINCT labels, program, build_id, source FROM leaks
),
-- So that no stack is unfolded that is not of goroutines.
bottoms AS (
  SELECT stack_id, location_ids[-1] AS location_id FROM stack WHERE stack_id IN (SELECT stack_id FROM summed)
),
roots AS (
  SELECT bottoms.stack_id, lines.function
  FROM bottoms
  JOIN stack._line AS lines USING (location_id)
  WHERE lines.is_outermost AND lines.location_id IN (SELECT location_id FROM bottoms)
)
SELECT
  summed.series_id,
  summed.source,
  series.kind,
  series.service,
  series.instance,
  series.build,
  summed.stack_id,
  coalesce(summed.state, place.state) AS state,
  summed.created_by,
  summed.created_file,
  summed.created_line,
  roots.function AS root_function,
  place.function,
  place.file,
  place.line,
  summed.moments,
  summed.first_count,
  summed.last_count,
  int64.clamp(summed.last_count::HUGEINT - summed.first_count) AS growth,
  CASE WHEN spread.time_variance > 0 THEN summed.covariance / spread.time_variance END AS slope_per_s,
  summed.rising_share,
  summed.longest_wait_ns,
  CASE
    WHEN series.kind = 'goroutineleak' THEN summed.last_count
    -- A dump marks them from the first leak profile on, and none before.
    WHEN summed.source IN ('dump', 'system')
      AND MAX(summed.leaked) OVER (PARTITION BY summed.series_id, summed.source) > 0
      THEN coalesce(summed.leaked, 0)
    WHEN summed.source IN ('dump', 'system') THEN NULL
    WHEN detectors.source IS NOT NULL THEN least(coalesce(leaks.leaked, 0), summed.last_count)
  END AS leaked,
  coalesce(place.frames, []) AS stack
FROM summed
JOIN series USING (series_id)
JOIN spread USING (series_id, source)
LEFT JOIN roots USING (stack_id)
LEFT JOIN goroutine._place((SELECT coalesce(list(DISTINCT stack_id), []) FROM summed)) AS place USING (stack_id)
LEFT JOIN detectors
  ON detectors.labels = series.labels
  AND detectors.program IS NOT DISTINCT FROM series.program
  AND detectors.build_id IS NOT DISTINCT FROM series.build_id
  AND detectors.source = summed.source
LEFT JOIN leaks
  ON leaks.labels = series.labels
  AND leaks.program IS NOT DISTINCT FROM series.program
  AND leaks.build_id IS NOT DISTINCT FROM series.build_id
  AND leaks.source = summed.source
  AND leaks.stack_id = summed.stack_id
WHERE series_ids IS NULL OR summed.series_id IN (SELECT unnest(series_ids::INTEGER[]))
ORDER BY
  summed.series_id, summed.source, growth DESC, summed.stack_id, state, summed.created_by, summed.created_file,
  summed.created_line
