-- One row per profile, sample type and function: its weight at the leaf and anywhere on the stack.
--
-- The numbers of `go tool pprof -top`: a recursive function counts once per sample, functions are told apart by
-- name, and one whose weights are both zero is left out.
--
-- Of all profiles at once this is the largest view there is: a row for every function that a profile has, and sample type. Ask for profiles, which
-- are passed down to the samples; a sample type is not, as four are added up at once for the price of two.
--
-- key: profile_id, sample_type, function
CREATE VIEW flame.flat_cum (
  -- The profile.
  profile_id,
  -- What was measured: inuse_space, alloc_objects, cpu.
  sample_type,
  -- Function; `[binary]` without a symbol, `<unknown>` without a mapping either.
  function,
  -- Weight of the samples that end in it, in the sample type's unit.
  flat,
  -- Weight of the samples that have it on their stack.
  cum
) AS
WITH fours AS (
  -- Sample types four at a time, for names have to be found on stacks only once for all of them.
  SELECT profile_id, stack_id, 0 AS first_position, value_0, value_1, value_2, value_3
  FROM sample
  UNION ALL
  SELECT
    profile_id,
    stack_id,
    first_position,
    -- Lists begin at 1, and end in NULL.
    more_values[first_position - 3],
    more_values[first_position - 2],
    more_values[first_position - 1],
    more_values[first_position]
  FROM (
    SELECT profile_id, stack_id, more_values, unnest(range(4, len(more_values) + 4, 4)) AS first_position
    FROM sample
  )
  -- For no reader: the names of one profile are added up in a cache, those of all of them in turn are not, and fill the disk.
  ORDER BY profile_id
),
counted AS (
  SELECT fours.*, unnest(counts.label_ids) AS label_id, counts.leaf_label_id
  FROM fours
  JOIN flame._counted AS counts USING (stack_id)
),
summed AS (
  SELECT
    profile_id,
    first_position,
    label_id,
    [
      int64.clamp(SUM(value_0) FILTER (label_id = leaf_label_id)),
      int64.clamp(SUM(value_1) FILTER (label_id = leaf_label_id)),
      int64.clamp(SUM(value_2) FILTER (label_id = leaf_label_id)),
      int64.clamp(SUM(value_3) FILTER (label_id = leaf_label_id))
    ] AS flats,
    [int64.clamp(SUM(value_0)), int64.clamp(SUM(value_1)), int64.clamp(SUM(value_2)), int64.clamp(SUM(value_3))] AS cums
  FROM counted
  GROUP BY profile_id, first_position, label_id
),
weighed AS (
  SELECT
    profile_id,
    first_position + unnest(range(4)) AS position,
    label_id,
    -- NULL where no stack ends in it.
    coalesce(unnest(flats), 0) AS flat,
    unnest(cums) AS cum
  FROM summed
)
SELECT
  weighed.profile_id,
  types.sample_type,
  names.label,
  weighed.flat,
  weighed.cum
FROM weighed
JOIN profile_sample_type AS types USING (profile_id, position)
JOIN stack_label AS names USING (label_id)
WHERE weighed.flat <> 0 OR weighed.cum <> 0
