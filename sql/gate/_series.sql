-- One row per series of heap profiles that has a growth: how it grew, and what noise leaves of that.
--
-- key: series_id
CREATE VIEW gate._series (
  -- The series.
  series_id,
  -- From labels; NULL without one.
  service,
  -- From labels; NULL without one.
  instance,
  -- From labels; NULL without one.
  build,
  -- Its main package, or the path of the executable; NULL when neither is known.
  program,
  -- Last minus first profile.
  growth_bytes,
  -- Half-width of the 95 % interval that sampling leaves around the growth.
  error_bytes,
  -- Live bytes in the first profile; NULL for none.
  first_bytes,
  -- Ordinary least squares over all profiles; NULL for one moment.
  slope_bytes_per_s,
  -- Half-width of its 95 % interval: how the profiles stray from the line, of two what sampling leaves; NULL where
  -- nothing fits.
  slope_error
) AS
WITH errors AS (
  SELECT profiles.series_id, 1.96 * sqrt(SUM(sampling.variance)) AS error_bytes
  FROM heap._sampling AS sampling
  JOIN heap.profiles AS profiles USING (profile_id)
  GROUP BY profiles.series_id
)
SELECT
  series_id,
  series.service,
  series.instance,
  series.build,
  coalesce(series.main_package, series.program),
  series.growth_bytes,
  coalesce(errors.error_bytes, 0),
  nullif(series.first_bytes, 0),
  series.slope_bytes_per_s,
  CASE
    WHEN series.profiles = 2
      THEN coalesce(errors.error_bytes, 0) * abs(series.slope_bytes_per_s / nullif(series.growth_bytes, 0))
    ELSE gate._slope_error(series.slope_bytes_per_s, series.r2, series.profiles)
  END
FROM heap.series AS series
LEFT JOIN errors USING (series_id)
WHERE series.profiles > 1
