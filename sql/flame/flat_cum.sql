-- One row per profile, sample type and function: its weight at the leaf and anywhere on the stack.
--
-- The numbers of `go tool pprof -top`: a recursive function counts once per sample, functions are told apart by
-- name, and one whose weights are both zero is left out.
--
-- Of all profiles at once this is the largest view there is: a row for every function that a profile has, and sample type. Ask for profiles, by
-- number, by a join or by a query, which are passed down to the samples; a sample type is not, as four are added up at once for the price of two.
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
    int64.clamp(SUM(value_0) FILTER (label_id = leaf_label_id)) AS flat_0,
    int64.clamp(SUM(value_1) FILTER (label_id = leaf_label_id)) AS flat_1,
    int64.clamp(SUM(value_2) FILTER (label_id = leaf_label_id)) AS flat_2,
    int64.clamp(SUM(value_3) FILTER (label_id = leaf_label_id)) AS flat_3,
    int64.clamp(SUM(value_0)) AS cum_0,
    int64.clamp(SUM(value_1)) AS cum_1,
    int64.clamp(SUM(value_2)) AS cum_2,
    int64.clamp(SUM(value_3)) AS cum_3
  FROM counted
  GROUP BY profile_id, first_position, label_id
),
-- By a join, through which DuckDB passes down which profiles are asked for; lists that are unnested would stop it.
weighed AS (
  SELECT
    summed.profile_id,
    types.sample_type,
    summed.label_id,
    CASE types.position % 4 WHEN 0 THEN flat_0 WHEN 1 THEN flat_1 WHEN 2 THEN flat_2 ELSE flat_3 END AS flat,
    CASE types.position % 4 WHEN 0 THEN cum_0 WHEN 1 THEN cum_1 WHEN 2 THEN cum_2 ELSE cum_3 END AS cum
  FROM summed
  JOIN profile_sample_type AS types
    ON types.profile_id = summed.profile_id AND types.position - types.position % 4 = summed.first_position
)
SELECT
  weighed.profile_id,
  weighed.sample_type,
  names.label,
  -- NULL where no stack ends in it.
  coalesce(weighed.flat, 0),
  weighed.cum
FROM weighed
JOIN stack_label AS names USING (label_id)
WHERE coalesce(weighed.flat, 0) <> 0 OR weighed.cum <> 0
