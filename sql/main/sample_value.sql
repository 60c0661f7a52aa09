-- One row per sample and sample type of one profile, where the value is not zero.
--
-- A part for each position of the types: the part that a sample type is at reads the column of its values alone.
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
SELECT profile_id, sample_index, stack_id, sample_type, value_0 AS value, label_set_id
FROM sample
JOIN profile_sample_type USING (profile_id)
WHERE position = 0 AND value_0 <> 0
UNION ALL
SELECT profile_id, sample_index, stack_id, sample_type, value_1 AS value, label_set_id
FROM sample
JOIN profile_sample_type USING (profile_id)
WHERE position = 1 AND value_1 <> 0
UNION ALL
SELECT profile_id, sample_index, stack_id, sample_type, value_2 AS value, label_set_id
FROM sample
JOIN profile_sample_type USING (profile_id)
WHERE position = 2 AND value_2 <> 0
UNION ALL
SELECT profile_id, sample_index, stack_id, sample_type, value_3 AS value, label_set_id
FROM sample
JOIN profile_sample_type USING (profile_id)
WHERE position = 3 AND value_3 <> 0
UNION ALL
SELECT
  profile_id,
  sample_index,
  stack_id,
  sample_type,
  -- Lists begin at 1.
  more_values[position::BIGINT - 3] AS value,
  label_set_id
FROM sample
JOIN profile_sample_type USING (profile_id)
WHERE position > 3 AND more_values[position::BIGINT - 3] <> 0
