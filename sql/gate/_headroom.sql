-- One row per process whose limit of memory is known: what is left, how long it lasts, and the 95 % interval of that.
--
-- key: source_id, process
CREATE VIEW gate._headroom (
  -- The file.
  source_id,
  -- The process in it.
  process,
  -- From labels; NULL without one.
  service,
  -- From labels; NULL without one.
  instance,
  -- From labels; NULL without one.
  build,
  -- What is left; negative beyond the limit.
  headroom_bytes,
  -- Whether a slope is known, or needed: there are two moments, or the limit is passed.
  is_timed,
  -- Until the limit is reached; NULL where memory does not grow, 0 beyond the limit.
  seconds_left,
  -- At the steepest slope of its interval; NULL where that is not known.
  low_s,
  -- At the flattest; NULL where memory may not grow at all, or that is not known.
  high_s
) AS
WITH fits AS (
  SELECT
    run,
    CASE WHEN MAX(taken_at) > MIN(taken_at)
      THEN gate._slope_error(
        regr_slope(used_bytes, epoch(taken_at)),
        regr_r2(used_bytes, epoch(taken_at)),
        regr_count(used_bytes, epoch(taken_at))
      )
    END AS slope_error
  FROM mem.accounting
  GROUP BY run
)
SELECT
  rooms.source_id,
  rooms.process,
  rooms.service,
  rooms.instance,
  owners.build,
  rooms.headroom_bytes,
  rooms.slope_bytes_per_s IS NOT NULL OR rooms.headroom_bytes < 0,
  CASE WHEN rooms.headroom_bytes < 0 THEN 0 ELSE rooms.seconds_left END,
  CASE WHEN rooms.headroom_bytes < 0 THEN 0
    WHEN rooms.slope_bytes_per_s > 0 THEN rooms.headroom_bytes / (rooms.slope_bytes_per_s + fits.slope_error)
  END,
  CASE WHEN rooms.headroom_bytes < 0 THEN 0
    WHEN rooms.slope_bytes_per_s > fits.slope_error
      THEN rooms.headroom_bytes / (rooms.slope_bytes_per_s - fits.slope_error)
  END
FROM mem.headroom AS rooms
JOIN fits USING (run)
LEFT JOIN process AS owners
  ON owners.source_id = rooms.source_id AND owners.process = rooms.process
