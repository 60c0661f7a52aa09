-- One row per mutex profile, function that held a lock of the runtime and function that it held it for: how long others waited.
--
-- From Go 1.25 on the profile has the stack that lets go of the lock, and how long it kept others waiting; who still spins then is not
-- counted, so that short waits are seen by chance. Up to Go 1.24 those are, and all of it is one row, without functions, unless the
-- program ran with GODEBUG=runtimecontentionstacks=1: then a stack has what it waited for the lock itself. Beside it stands what CPU
-- profiles of the same service, instance and build say of the same function: a lock that is waited for costs twice.
--
-- key: profile_id, lock_function, function
CREATE VIEW contention.runtime_lock (
  -- The mutex profile.
  profile_id,
  -- From labels; NULL without one.
  service,
  -- From labels; NULL without one.
  build,
  -- The runtime's function that held it; NULL where the stack is lost.
  lock_function,
  -- The function that this was done for: who allocates, or starts a goroutine; NULL for the runtime's own goroutines.
  function,
  -- What the lock is held for, as in `gc.cpu`: `span`, `sweep`, `scheduler`; NULL where the stack is lost.
  category,
  -- Times that somebody had to wait.
  contentions,
  -- How long, all together.
  delay_ns,
  -- Share of all that the profile tells of, locks of the program included.
  delay_share,
  -- Share of the CPU samples that have the runtime's function on their stack; NULL without CPU profiles.
  cpu_share
) AS
WITH held AS (
  SELECT
    sample.profile_id,
    sample.stack_id,
    int64.clamp(coalesce(SUM(sample.value) FILTER (sample.sample_type = 'contentions'), 0)) AS contentions,
    int64.clamp(coalesce(SUM(sample.value) FILTER (sample.sample_type = 'delay'), 0)) AS delay_ns
  FROM main.sample_value AS sample
  JOIN profile USING (profile_id)
  WHERE profile.kind = 'mutex'
  GROUP BY sample.profile_id, sample.stack_id
),
totals AS (
  SELECT profile_id, int64.clamp(SUM(delay_ns)) AS delay_ns
  FROM held
  GROUP BY profile_id
),
frames AS (
  SELECT
    stack_id,
    label_id,
    place,
    MIN(place) FILTER (categories.label_id IS NULL) OVER (PARTITION BY stack_id) AS payer_place,
    categories.category,
    categories.rank
  FROM (
    SELECT
      stack_id,
      unnest(list_reverse(paths.label_ids)) AS label_id,
      unnest(range(len(paths.label_ids))) AS place
    FROM (SELECT DISTINCT stack_id FROM held)
    JOIN stack_path AS paths USING (stack_id)
  )
  LEFT JOIN gc._category AS categories USING (label_id)
),
stacks AS (
  SELECT
    frames.stack_id,
    bool_or(place = 0 AND regexp_matches(labels.label, '^runtime\.(_LostContendedRuntimeLock$|unlock)')) AS is_runtime,
    arg_min(labels.label, place) FILTER (
      place < coalesce(payer_place, 1000000)
      AND NOT regexp_matches(labels.label, '^runtime\.(_LostContendedRuntimeLock$|unlock|systemstack$|mcall$)')
    ) AS lock_function,
    arg_min(labels.label, place) FILTER (place = payer_place) AS function,
    arg_min(category, rank) FILTER (category <> 'lock' AND place < coalesce(payer_place, 1000000)) AS category
  FROM frames
  JOIN stack_label AS labels USING (label_id)
  GROUP BY frames.stack_id
),
cpu_profiles AS (
  SELECT profile_id, service, instance, build
  FROM profile
  WHERE kind = 'cpu'
  UNION ALL
  -- No profile: what is asked for is passed down to the samples only when there is something, and all of them are added up otherwise.
  SELECT -1, NULL, NULL, NULL
),
cpu AS (
  SELECT
    asked.service,
    asked.instance,
    asked.build,
    costs.function,
    int64.clamp(SUM(costs.cum)) AS cum
  FROM flame.flat_cum AS costs
  JOIN cpu_profiles AS asked USING (profile_id)
  WHERE costs.sample_type = 'samples'
  GROUP BY ALL
),
cpu_totals AS (
  SELECT profile.service, profile.instance, profile.build, int64.clamp(SUM(sample.value)) AS samples
  FROM main.sample_value AS sample
  JOIN profile USING (profile_id)
  WHERE profile.kind = 'cpu' AND sample.sample_type = 'samples'
  GROUP BY ALL
),
locks AS (
  SELECT
    held.profile_id,
    stacks.lock_function,
    stacks.function,
    MIN(stacks.category) AS category,
    int64.clamp(SUM(held.contentions)) AS contentions,
    int64.clamp(SUM(held.delay_ns)) AS delay_ns
  FROM held
  JOIN stacks USING (stack_id)
  WHERE stacks.is_runtime
  GROUP BY held.profile_id, stacks.lock_function, stacks.function
)
SELECT
  locks.profile_id,
  profile.service,
  profile.build,
  locks.lock_function,
  locks.function,
  locks.category,
  locks.contentions,
  locks.delay_ns,
  locks.delay_ns / nullif(totals.delay_ns, 0),
  CASE WHEN locks.lock_function IS NOT NULL THEN coalesce(cpu.cum, 0) / nullif(cpu_totals.samples, 0) END
FROM locks
JOIN profile USING (profile_id)
JOIN totals USING (profile_id)
LEFT JOIN cpu_totals
  -- NULL labels are labels too.
  ON cpu_totals.service IS NOT DISTINCT FROM profile.service
  AND cpu_totals.instance IS NOT DISTINCT FROM profile.instance
  AND cpu_totals.build IS NOT DISTINCT FROM profile.build
LEFT JOIN cpu
  ON cpu.service IS NOT DISTINCT FROM profile.service
  AND cpu.instance IS NOT DISTINCT FROM profile.instance
  AND cpu.build IS NOT DISTINCT FROM profile.build
  AND cpu.function = locks.lock_function
