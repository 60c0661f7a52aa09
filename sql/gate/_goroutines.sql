-- One row per series of goroutine profiles and source: how many there are, how many more than at first, and where.
--
-- Profiles of leaks count goroutines that the others count, and are left out.
--
-- key: series_id, source
CREATE VIEW gate._goroutines (
  -- The series.
  series_id,
  -- protobuf, text, dump or system, as in `goroutine.growth`.
  source,
  -- From labels; NULL without one.
  service,
  -- From labels; NULL without one.
  instance,
  -- From labels; NULL without one.
  build,
  -- Moments of it.
  moments,
  -- In the last of them.
  goroutines,
  -- Last minus first.
  growth,
  -- The function of the program's in which they became more than in any other, or most of them are where they did not.
  function,
  -- Its file.
  file,
  -- The line it is at.
  line
) AS
WITH ranked AS (
  SELECT
    *,
    row_number() OVER (
      PARTITION BY series_id, source
      ORDER BY file IS NULL, growth DESC, last_count DESC, file, line, stack_id, state, created_by, created_line
    ) AS place
  FROM goroutine.growth
  WHERE kind = 'goroutine'
)
SELECT
  series_id,
  source,
  any_value(service),
  any_value(instance),
  any_value(build),
  any_value(moments),
  int64.clamp(SUM(last_count)),
  int64.clamp(SUM(growth::HUGEINT)),
  arg_min(function, place),
  arg_min(file, place),
  arg_min(line, place)
FROM ranked
GROUP BY series_id, source
