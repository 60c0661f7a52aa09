-- One row per profile of processor time and function: what growing and shrinking its goroutines' stacks took.
--
-- A stack begins with 2 KiB or what the program's goroutines used on average, and is copied into one twice the size where a
-- function finds too little of it. The function is the one that needs it, nearest to the leaf; what it needs it for may be
-- what it calls. Time to shrink them, in marking, counts there (`gc.cpu`). Memory is in `alloc.stack_in_use`.
--
-- key: profile_id, function
CREATE VIEW alloc.stack_growth (
  -- The profile; of a trace, the one with its samples.
  profile_id,
  -- From labels; NULL without one.
  service,
  -- From labels; NULL without one.
  build,
  -- The function that needs the stack; NULL when none of the stack is outside of the runtime.
  function,
  -- Samples.
  samples,
  -- Processor time; NULL in a trace, which has only samples.
  cpu_ns,
  -- Share of the profile's samples, 0 to 1.
  share
) AS
SELECT cpu.profile_id, profile.service, profile.build, cpu.function, cpu.samples, cpu.cpu_ns, cpu.share
FROM gc.cpu AS cpu
JOIN profile USING (profile_id)
WHERE cpu.category = 'stack growth'
