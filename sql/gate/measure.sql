-- One row per thing that a gate may put a threshold on, and whose it is, with the 95 % interval that noise leaves.
--
-- What fails for sure is beyond its threshold with the whole of its interval: `gate.verdict`, `heapscape check`.
-- Growth and slope are of series of two heap profiles and more;
-- what was measured without error has an interval of its value alone.
--
-- key: checked, series_id, source_id, process, source, function, file, line, site_index
CREATE VIEW gate.measure (
  -- growth, growth_share (of the first profile), slope, site_growth, goroutines, goroutine_growth, pause (the
  -- longest), pause_p99, headroom or headroom_time.
  checked,
  -- Whether a threshold is the `most` or the `least` that it may be.
  side,
  -- From labels; NULL without one.
  service,
  -- From labels; NULL without one.
  instance,
  -- From labels; NULL without one.
  build,
  -- The series; NULL of what is of a process.
  series_id,
  -- Main package of a series of heap profiles, or the path of its executable; NULL when neither is known, and of
  -- others.
  program,
  -- The file that tells of a process; NULL of a series.
  source_id,
  -- Where that was found first.
  uri,
  -- The process in it; NULL of a series.
  process,
  -- What tells of goroutines or pauses, as in `goroutine.growth` and `gc.pause_distribution`; NULL of others.
  source,
  -- The measure; of headroom_time NULL where memory does not grow.
  value,
  -- Where its 95 % interval begins; NULL where nothing bounds it.
  low,
  -- Where it ends, likewise.
  high,
  -- bytes, share, bytes/s, goroutines, ns or s.
  unit,
  -- Number of the site, of site_growth.
  site_index,
  -- Where to look, of site_growth and goroutines; NULL of others.
  function,
  -- Its file.
  file,
  -- The line.
  line,
  -- Why the site allocates on the heap, of site_growth.
  reason
) AS
WITH processes AS (
  SELECT
    'headroom' AS checked, 'least' AS side, service, instance, build, source_id, process, headroom_bytes AS value,
    headroom_bytes AS low, headroom_bytes AS high, 'bytes' AS unit
  FROM gate._headroom
  UNION ALL BY NAME
  SELECT
    'headroom_time' AS checked, 'least' AS side, service, instance, build, source_id, process, seconds_left AS value,
    low_s AS low, high_s AS high, 's' AS unit
  FROM gate._headroom
  WHERE is_timed
  UNION ALL BY NAME
  SELECT
    'pause' AS checked, 'most' AS side, service, instance, build, source_id, process, source, max_ns AS value,
    max_low_ns AS low, max_ns AS high, 'ns' AS unit
  FROM gate._pause
  UNION ALL BY NAME
  SELECT
    'pause_p99' AS checked, 'most' AS side, service, instance, build, source_id, process, source, p99_ns
    AS value, p99_low_ns AS low, p99_ns AS high, 'ns' AS unit
  FROM gate._pause
),
growths AS (
  SELECT
    'growth' AS checked, service, instance, build, series_id, program, growth_bytes AS value, error_bytes
    AS error, 'bytes' AS unit
  FROM gate._series
  UNION ALL BY NAME
  SELECT
    'growth_share' AS checked, service, instance, build, series_id, program, growth_bytes / first_bytes
    AS value, error_bytes / first_bytes AS error, 'share' AS unit
  FROM gate._series
  WHERE first_bytes IS NOT NULL
  UNION ALL BY NAME
  SELECT
    'slope' AS checked, service, instance, build, series_id, program, slope_bytes_per_s AS value, slope_error
    AS error, 'bytes/s' AS unit
  FROM gate._series
  WHERE slope_bytes_per_s IS NOT NULL
  UNION ALL BY NAME
  SELECT
    'site_growth' AS checked, service, instance, build, series_id, growth_bytes AS value,
    coalesce(relative_error, 0) * abs(growth_bytes::DOUBLE) AS error, 'bytes' AS unit, site_index, function,
    file, line, reason
  FROM attribution.growth_by_site
  WHERE series_id IN (SELECT series_id FROM gate._series)
),
measures AS (
  SELECT processes.*, files.uri
  FROM processes
  LEFT JOIN source AS files USING (source_id)
  UNION ALL BY NAME
  SELECT *, 'most' AS side, value - error AS low, value + error AS high
  FROM growths
  UNION ALL BY NAME
  SELECT
    'goroutines' AS checked, 'most' AS side, service, instance, build, series_id, source, goroutines AS value,
    goroutines AS low, goroutines AS high, 'goroutines' AS unit, function, file, line
  FROM gate._goroutines
  UNION ALL BY NAME
  SELECT
    'goroutine_growth' AS checked, 'most' AS side, service, instance, build, series_id, source, growth AS value,
    growth AS low, growth AS high, 'goroutines' AS unit, function, file, line
  FROM gate._goroutines
  WHERE moments > 1
)
SELECT
  checked,
  side,
  service,
  instance,
  build,
  series_id,
  program,
  source_id,
  uri,
  process,
  source,
  value::DOUBLE,
  low::DOUBLE,
  high::DOUBLE,
  unit,
  site_index,
  function,
  file,
  line,
  reason
FROM measures
