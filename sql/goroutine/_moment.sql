-- One row per moment that goroutines were counted at: a goroutine profile, or one dump of a file.
--
-- A dump and the text of `?debug=1` do not tell when they are of. The names that `heapscape collect` gives do; without one the order
-- of their names is that of time, numbers in them counted as numbers.
--
-- key: profile_id, dump
CREATE VIEW goroutine._moment (
  -- The profile.
  profile_id,
  -- Its file.
  source_id,
  -- Which dump of the file, from 0; 0 for a profile.
  dump,
  -- The series it belongs to.
  series_id,
  -- `protobuf`, `text` (?debug=1), `dump` (?debug=2, panics) or `system` (a dump with the runtime's own goroutines and frames, as SIGQUIT
  -- and GOTRACEBACK=system have it): stacks that are told differently are no series.
  source,
  -- Place among the series' moments of this source, from 0.
  position,
  -- How many there are.
  moments,
  -- When it was, in nanoseconds since 1970; NULL when unknown.
  time_ns,
  -- Seconds since the first; NULL when either is unknown.
  elapsed_s
) AS
WITH known AS (
  SELECT
    profile.profile_id,
    profile.source_id,
    dumps.dump,
    profile.series_id,
    CASE
      WHEN dumps.is_system THEN 'system'
      WHEN source.format = 'goroutines' THEN 'dump'
      WHEN source.format = 'legacy' THEN 'text'
      ELSE 'protobuf'
    END AS source,
    coalesce(
      nullif(profile.time_ns, 0),
      int64.clamp(
        epoch_us(
          try_strptime(regexp_extract(source.uri, '(\d{8}T\d{6}\.\d{3})Z[^/\\]*$', 1), '%Y%m%dT%H%M%S.%g')
        )::HUGEINT * 1000
      )
    ) AS time_ns,
    array_to_string(
      list_transform(
        regexp_extract_all(source.uri, '\d+|\D+'),
        lambda part: CASE WHEN part[1] BETWEEN '0' AND '9' THEN repeat('0', 20 - len(part)) || part ELSE part END
      ),
      ''
    ) AS name
  FROM profile
  JOIN source USING (source_id)
  LEFT JOIN (
    -- It starts the sweeper of every process, which is told of only there.
    SELECT source_id, dump, bool_or(coalesce(created_by, '') = 'runtime.gcenable') AS is_system
    FROM goroutine_dump
    GROUP BY source_id, dump
  ) AS dumps USING (source_id)
  WHERE profile.kind IN ('goroutine', 'goroutineleak')
)
SELECT
  profile_id,
  source_id,
  coalesce(dump, 0),
  series_id,
  source,
  (row_number() OVER series - 1)::INTEGER,
  (COUNT(*) OVER (PARTITION BY series_id, source))::INTEGER,
  time_ns,
  (time_ns::HUGEINT - FIRST_VALUE(time_ns) OVER series) / 1e9
FROM known
WINDOW series AS (PARTITION BY series_id, source ORDER BY time_ns NULLS FIRST, name, profile_id, dump)
