-- One row per series of heap profiles and stack that its samples have.
--
-- key: series_id, stack_id
-- staged: by series_id
CREATE VIEW heap._stack (
  -- The series.
  series_id,
  -- Call stack.
  stack_id
) AS
SELECT DISTINCT heaps.series_id, sample.stack_id
FROM heap.profiles AS heaps
JOIN sample USING (profile_id)
