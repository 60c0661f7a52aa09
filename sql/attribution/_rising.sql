-- Share of the intervals in which a value rose; NULL without an interval.
CREATE FUNCTION attribution._rising(
  -- Values, in the order of time.
  sizes
) AS
list_avg([(sizes[place + 1] > sizes[place])::INTEGER for place in range(1, len(sizes))])
