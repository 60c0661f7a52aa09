-- One row per trace, kind and stack: how often and how long goroutines were blocked there.
--
-- From the samples of the trace's profile, which are those of `go tool trace -pprof=net|sync|syscall`: what began and
-- ended in the trace. A wait in a select is of kind sync too, so kinds do not add up.
--
-- key: trace_id, kind, stack_id
CREATE VIEW sched.blocking (
  -- The trace.
  trace_id,
  -- `network`, `sync` (channels, locks and selects), `select` or `syscall`.
  kind,
  -- Where.
  stack_id,
  -- How often a goroutine was blocked there.
  contentions,
  -- How long in all.
  delay_ns
) AS
WITH named AS (
  SELECT
    profile_id,
    CASE WHEN starts_with(sample_type, 'net_') THEN 'network' ELSE split_part(sample_type, '_', 1) END AS kind,
    split_part(sample_type, '_', 2) AS measure,
    stack_id,
    value
  FROM main.sample_value AS sample
  JOIN profile USING (profile_id)
  WHERE profile.kind = 'trace'
    AND sample_type IN (
      'net_contentions', 'net_delay', 'sync_contentions', 'sync_delay',
      'select_contentions', 'select_delay', 'syscall_contentions', 'syscall_delay'
    )
)
SELECT
  profile_id,
  kind,
  stack_id,
  int64.clamp(SUM(CASE WHEN measure = 'contentions' THEN value ELSE 0 END)),
  int64.clamp(SUM(CASE WHEN measure = 'delay' THEN value ELSE 0 END))
FROM named
GROUP BY profile_id, kind, stack_id
