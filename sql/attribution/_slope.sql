-- The slope of values over time, Theil–Sen: the median of the slopes between all pairs of moments; NULL without two.
--
-- Every pair once, within the lists; as rows they would be the square of the moments for each site.
CREATE FUNCTION attribution._slope(
  -- Values, in the order of time.
  sizes,
  -- Of their moments, as _pairs has them.
  pairs
) AS
list_aggregate(
  [(sizes[pair.later]::DOUBLE - sizes[pair.earlier]::DOUBLE) / pair.seconds for pair in pairs],
  'median'
)
