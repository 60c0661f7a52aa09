-- One row per series of goroutine profiles, source, stack and state: how many goroutines there are, and how many more than at first.
--
-- Goroutines that wait at one place in ever greater numbers leak, whatever they wait for. Protobuf, text and dumps tell stacks in their own
-- way, so that those of one series are counted apart, and none of them is the growth of another: choose one `source`. Profiles of
-- kind goroutineleak, of which the runtime knows that nobody can wake them, are series of their own, and say `leaked` of the
-- goroutine profiles with the same labels and program. A series of one label set in which a process was restarted goes on.
--
-- key: series_id, source, stack_id, state, created_by, created_file, created_line
CREATE VIEW goroutine.growth (
  -- The series.
  series_id,
  -- `protobuf`, `text` (?debug=1), `dump` (?debug=2, panics) or `system`, a dump with the runtime's own goroutines (SIGQUIT).
  source,
  -- goroutine or goroutineleak.
  kind,
  -- From labels; NULL without one.
  service,
  -- From labels; NULL without one.
  instance,
  -- From labels; NULL without one.
  build,
  -- Where they are; NULL in a dump when their stack could not be had.
  stack_id,
  -- What they wait for, or whether they run: a dump says so, of profiles runtime functions on the stack do; NULL when those do not.
  state,
  -- The function that started them; NULL where that is not told, as in profiles.
  created_by,
  -- The file of the `go` statement; NULL where that is not told.
  created_file,
  -- The line of the `go` statement; NULL where that is not told.
  created_line,
  -- The function they were started with.
  root_function,
  -- The function of the program's that they are in, nearest to the leaf and not of Go's own; NULL when all are of Go's runtime.
  function,
  -- Its file; NULL without one.
  file,
  -- The line it is at; NULL when unknown.
  line,
  -- Moments of the series and source: profiles, or dumps.
  moments,
  -- In the first of them.
  first_count,
  -- In the last one.
  last_count,
  -- Last minus first.
  growth,
  -- Ordinary least squares over all moments; NULL for one, or where it is not known when they were.
  slope_per_s,
  -- Share of the intervals in which their number rose; NULL without an interval.
  rising_share,
  -- The longest that one of them had waited in the last moment, in whole minutes since the first GC cycle that found it waiting; NULL below
  -- one, and where it is not told.
  longest_wait_ns,
  -- Of the last ones those that nobody can wake; NULL where nothing tells.
  leaked,
  -- Function, file and line of every frame, leaf first; empty where their stack could not be had.
  stack
) AS
SELECT
  series_id,
  source,
  kind,
  service,
  instance,
  build,
  stack_id,
  state,
  created_by,
  created_file,
  created_line,
  root_function,
  function,
  file,
  line,
  moments,
  first_count,
  last_count,
  growth,
  slope_per_s,
  rising_share,
  longest_wait_ns,
  leaked,
  stack
FROM goroutine.growth_between(NULL, NULL)
