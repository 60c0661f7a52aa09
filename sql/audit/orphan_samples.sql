-- One row per profile with samples whose stack or labels are not there; always empty.
--
-- key: profile_id
CREATE VIEW audit.orphan_samples (
  -- The profile.
  profile_id,
  -- Rows without a stack or a label set.
  samples
) AS
SELECT sample.profile_id, COUNT(*)
FROM sample
LEFT JOIN stack USING (stack_id)
LEFT JOIN label_set USING (label_set_id)
WHERE stack.stack_id IS NULL OR label_set.label_set_id IS NULL
GROUP BY sample.profile_id
