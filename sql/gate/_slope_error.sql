-- Half-width of the 95 % interval around a slope of ordinary least squares.
--
-- NULL below three points, and where nothing fits. The standard error follows from the slope, R² and the number of points alone. Points are taken to stray from the
-- line independently.
CREATE FUNCTION gate._slope_error(
  -- The slope.
  slope,
  -- How well the line fits, 0 to 1.
  r2,
  -- Points.
  points
) AS
CASE
  WHEN points > 2 AND r2 > 0
    THEN gate._student(points - 2) * abs(slope) * sqrt(greatest(1 / r2 - 1, 0) / (points - 2))
END
