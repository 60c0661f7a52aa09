-- One row per profile of processor time, category of work and function that it is done for.
--
-- Of CPU profiles and of the CPU samples of traces. The category is what the runtime does at the leaf of a stack, by the
-- names of its functions: marking, an assist, growing a stack. It is done for the function nearest to the leaf that is
-- not the runtime's: who allocates pays for an assist. Background workers and the scheduler have none. The sum over rows
-- is the profile.
--
-- key: profile_id, category, function
CREATE VIEW gc.cpu (
  -- The profile; of a trace, the one with its samples.
  profile_id,
  -- `assist` (marking that an allocation has to do), `mark` (background workers, beginning and end of a cycle), `sweep`,
  -- `stack growth`, `write barrier`, `scavenge` (memory given back), `span` (getting one), `stop the world`,
  -- `allocation` (the rest of it), `traceback`, `map`, `memory` (moving, clearing, comparing, hashing), `lock` (the
  -- runtime's, channels and semaphores), `scheduler`, `system call`, `other` (of the runtime), `program`.
  category,
  -- Function that it is done for; NULL when none of the stack is outside of the runtime.
  function,
  -- Samples.
  samples,
  -- Processor time; NULL in a trace, which has only samples.
  cpu_ns,
  -- Share of the profile's samples, 0 to 1.
  share
) AS
WITH counted AS (
  SELECT
    sample.profile_id,
    sample.stack_id,
    int64.clamp(SUM(CASE sample.sample_type WHEN 'samples' THEN sample.value END)) AS samples,
    int64.clamp(SUM(CASE sample.sample_type WHEN 'cpu' THEN sample.value END)) AS cpu_ns
  FROM main.sample_value AS sample
  JOIN profile USING (profile_id)
  WHERE profile.kind IN ('cpu', 'trace') AND sample.sample_type IN ('samples', 'cpu')
  GROUP BY sample.profile_id, sample.stack_id
),
summed AS (
  SELECT
    counted.profile_id,
    stacks.category,
    stacks.payer AS function,
    int64.clamp(SUM(counted.samples)) AS samples,
    int64.clamp(SUM(counted.cpu_ns)) AS cpu_ns
  FROM counted
  JOIN gc._stack AS stacks USING (stack_id)
  GROUP BY counted.profile_id, stacks.category, stacks.payer
)
SELECT
  profile_id,
  category,
  function,
  samples,
  cpu_ns,
  samples / nullif(int64.clamp(SUM(samples) OVER (PARTITION BY profile_id)), 0)
FROM summed
WHERE samples <> 0 OR cpu_ns <> 0
