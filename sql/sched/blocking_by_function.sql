-- One row per trace, kind and function: how often and how long goroutines were blocked in it, and in what it called.
--
-- The functions of `go tool trace -pprof=net|sync|syscall|sched`, with the numbers of `go tool pprof -top` of that: what began and
-- ended in the trace. A wait in a select is of kind sync too, so kinds do not add up.
--
-- key: trace_id, kind, function
CREATE VIEW sched.blocking_by_function (
  -- The trace.
  trace_id,
  -- `network`, `sync` (channels, locks and selects), `select`, `syscall`, or `sched`, runnable and waiting for a proc.
  kind,
  -- Function; `<unknown>` without a name.
  function,
  -- How often a goroutine was blocked in the function itself.
  contentions,
  -- How long in all.
  delay_ns,
  -- How often in the function, or in what it called.
  cum_contentions,
  -- How long in the function, or in what it called.
  cum_delay_ns
) AS
WITH traces AS (
  SELECT profile_id
  FROM profile
  WHERE kind = 'trace'
  UNION ALL
  -- No profile: what is asked for is passed down to the samples only when there is something, and all of them are added up otherwise.
  SELECT -1
),
named AS (
  SELECT
    profile_id,
    CASE WHEN starts_with(sample_type, 'net_') THEN 'network' ELSE split_part(sample_type, '_', 1) END AS kind,
    split_part(sample_type, '_', 2) = 'delay' AS is_delay,
    function,
    flat,
    cum
  FROM flame.flat_cum
  JOIN traces USING (profile_id)
  WHERE sample_type IN (
    'net_contentions', 'net_delay', 'sync_contentions', 'sync_delay', 'select_contentions', 'select_delay',
    'syscall_contentions', 'syscall_delay', 'sched_contentions', 'sched_delay'
  )
)
SELECT
  profile_id,
  kind,
  function,
  int64.clamp(coalesce(SUM(flat) FILTER (NOT is_delay), 0)),
  int64.clamp(coalesce(SUM(flat) FILTER (is_delay), 0)),
  int64.clamp(coalesce(SUM(cum) FILTER (NOT is_delay), 0)),
  int64.clamp(coalesce(SUM(cum) FILTER (is_delay), 0))
FROM named
GROUP BY profile_id, kind, function
