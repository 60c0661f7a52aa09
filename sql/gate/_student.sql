-- How many standard errors from the estimate a 95 % interval ends, by Student's t.
--
-- From a table up to ten degrees of freedom, beyond by the expansion in their number (Abramowitz and Stegun, 26.7.5),
-- which is within 0.002.
CREATE FUNCTION gate._student(
  -- Degrees of freedom: of a straight line the points less two; at least 1.
  freedom
) AS
CASE
  WHEN freedom <= 10 THEN [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228][greatest(freedom, 1)]
  ELSE 1.95996 + 2.37227 / freedom + 2.8225 / (freedom::DOUBLE * freedom)
END
