-- All pairs of different moments, as places in their list and the seconds between: what slopes are taken over.
--
-- The same for all sites of a series, so worked out once for them.
CREATE FUNCTION attribution._pairs(
  -- When each moment was, in seconds, in order.
  times
) AS
list_filter(
  flatten([
    [
      {'earlier': earlier, 'later': later, 'seconds': times[later] - times[earlier]}
      for earlier in range(1, later)
    ]
    for later in range(2, len(times) + 1)
  ]),
  lambda pair: pair.seconds <> 0
)
