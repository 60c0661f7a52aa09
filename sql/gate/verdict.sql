-- Whether a measure of `gate.measure` keeps to a threshold: `ok`, `breach` or `uncertain`.
--
-- Uncertain is a breach whose 95 % interval includes the threshold. An end of the interval that is NULL is nowhere, so that no value beyond the threshold is a breach for sure.
CREATE FUNCTION gate.verdict(
  -- `most` or `least`.
  side,
  -- The measure; NULL when there is no end to it, which keeps to any least.
  value,
  -- Where its interval begins.
  low,
  -- Where its interval ends.
  high,
  -- The most or the least that it may be.
  threshold
) AS
CASE
  WHEN value IS NULL OR (side = 'most' AND value <= threshold) OR (side = 'least' AND value >= threshold) THEN 'ok'
  WHEN (side = 'most' AND low > threshold) OR (side = 'least' AND high < threshold) THEN 'breach'
  ELSE 'uncertain'
END
