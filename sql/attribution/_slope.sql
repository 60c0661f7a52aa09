-- The slope of values over time, Theil–Sen: the median of the slopes between all pairs of moments; NULL without two.
--
-- Every pair once, within the lists; as rows they would be the square of the moments for each site.
CREATE FUNCTION attribution._slope(
  -- Values, in the order of time.
  sizes,
  -- When each was, in seconds.
  times
) AS
list_aggregate(
  flatten([
    [
      (sizes[later]::DOUBLE - sizes[earlier]::DOUBLE) / nullif(times[later] - times[earlier], 0)
      for earlier in range(1, later)
    ]
    for later in range(2, len(sizes) + 1)
  ]),
  'median'
)
