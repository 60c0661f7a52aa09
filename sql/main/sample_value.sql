-- One row per sample and sample type of one profile, where the value is not zero.
--
-- key: profile_id, sample_index, sample_type
CREATE VIEW main.sample_value (
  -- The profile.
  profile_id,
  -- Position of the sample in the file, from 0.
  sample_index,
  -- Call stack.
  stack_id,
  -- What was measured, in the file's own words: inuse_space, alloc_objects, cpu.
  sample_type,
  -- In the unit that the profile has for the sample type; see profile_sample_type.
  value,
  -- The sample's labels.
  label_set_id
) AS
WITH named AS (
  SELECT
    sample.profile_id,
    sample.sample_index,
    sample.stack_id,
    types.sample_type,
    CASE types.position
      WHEN 0 THEN sample.value_0
      WHEN 1 THEN sample.value_1
      WHEN 2 THEN sample.value_2
      WHEN 3 THEN sample.value_3
      -- Lists begin at 1.
      ELSE sample.more_values[types.position::BIGINT - 3]
    END AS value,
    sample.label_set_id
  FROM sample
  JOIN profile_sample_type AS types USING (profile_id)
)
SELECT profile_id, sample_index, stack_id, sample_type, value, label_set_id
FROM named
WHERE value <> 0
