-- How far each moment is from the middle of all, in seconds: what lines are fitted over.
--
-- The same for all sites of a series, so worked out once for them.
CREATE FUNCTION attribution._distances(
  -- When each moment was, in seconds.
  times
) AS
list_transform(times, lambda moment: moment - list_avg(times))
