-- One row per service, instance, build, kind and program with heap profiles: their last series.
--
-- A process that starts again begins another series; what it was before is no news.
--
-- key: series_id
CREATE VIEW heap._newest (
  -- The series.
  series_id
) AS
SELECT series_id
FROM heap.series
QUALIFY row_number() OVER (
  PARTITION BY service, instance, build, kind, program
  ORDER BY last_at DESC, series_id DESC
) = 1
