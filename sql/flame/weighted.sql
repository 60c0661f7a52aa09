-- One row per node of two flame graphs laid over each other, of profiles that count by a weight on either side.
--
-- Value and self are of the left, valueRight and selfRight of the right. A weight of -1 takes a profile away: what was allocated
-- between two profiles is the later one less the earlier one. Nodes without weight on both sides are left out.
--
-- key: node_index
-- column level: Callers above the node, 0 for the root.
-- column value: On the left: weight of the node and all below it.
-- column self: On the left: weight of the node alone.
-- column valueRight: On the right: weight of the node and all below it.
-- column selfRight: On the right: weight of the node alone.
-- column label: Function, `[binary]` without a symbol.
-- column function: Function; NULL for the root and without a symbol.
-- column package: Import path of the function's package; NULL when the name has none.
-- column file: Source file; NULL without one.
-- column line: Line that all stacks counted there go by; NULL when they differ.
-- column stack_id: The stack that ends here when only one of those counted does; else NULL.
-- column node_index: Place in depth-first order, from 0, the root.
CREATE MACRO flame.weighted(
  -- A list of {profile_id, times_left, times_right}: how often each profile counts on either side.
  weights,
  -- What was measured: inuse_space, cpu.
  wanted_type,
  -- Count only these stacks; all when NULL.
  stack_ids := NULL,
  -- Count only samples with these label sets; all when NULL.
  label_set_ids := NULL,
  -- A stack that weighs less counts so much; NULL for no such limit.
  least_weight := NULL
) AS TABLE
WITH counted AS (
  SELECT
    counts.profile_id,
    int64.clamp(SUM(counts.times_left)) AS times_left,
    int64.clamp(SUM(counts.times_right)) AS times_right
  FROM (SELECT unnest(weights::STRUCT(profile_id INTEGER, times_left INTEGER, times_right INTEGER)[]) AS counts)
  GROUP BY counts.profile_id
),
weighed AS (
  SELECT
    stack_id,
    greatest(int64.clamp(SUM(value::HUGEINT * times_left)), least_weight) AS weight_left,
    greatest(int64.clamp(SUM(value::HUGEINT * times_right)), least_weight) AS weight_right
  FROM main.sample_value AS sample
  JOIN counted USING (profile_id)
  WHERE sample_type = wanted_type
    AND (stack_ids IS NULL OR stack_id IN (SELECT unnest(stack_ids)))
    AND (label_set_ids IS NULL OR label_set_id IN (SELECT unnest(label_set_ids)))
  GROUP BY stack_id
),
placed AS (
  SELECT weighed.*, paths.label_ids, paths.lines, len(paths.label_ids) AS depth
  FROM weighed
  JOIN stack_path AS paths USING (stack_id)
),
frames AS (
  SELECT
    stack_id,
    unnest(label_ids) AS label_id,
    unnest(lines) AS line,
    unnest(range(1, depth + 1)) AS level,
    depth,
    weight_left,
    weight_right
  FROM placed
),
names AS (
  SELECT label_id, label, row_number() OVER (ORDER BY label) AS place
  FROM stack_label
  WHERE label_id IN (SELECT label_id FROM frames)
),
-- Stacks in depth-first order, and the level down to which each is as the one before it.
ordered AS (
  SELECT
    stack_id,
    place,
    coalesce(
      list_position(
        list_transform(names, lambda name, level: name IS NOT DISTINCT FROM names_before[level]), false
      ) - 1,
      len(names)
    ) AS shared_level
  FROM (
    SELECT stack_id, names, row_number() OVER depth_first AS place, LAG(names) OVER depth_first AS names_before
    FROM (
      SELECT frames.stack_id, list(names.place ORDER BY frames.level) AS names
      FROM frames
      JOIN names USING (label_id)
      GROUP BY frames.stack_id
    )
    WINDOW depth_first AS (ORDER BY names, stack_id)
  )
),
-- A node is known by the first stack through it.
entered AS (
  SELECT
    frames.*,
    MAX(CASE WHEN frames.level > ordered.shared_level THEN ordered.place END)
      OVER (PARTITION BY frames.level ORDER BY ordered.place ROWS UNBOUNDED PRECEDING) AS first_place
  FROM frames
  JOIN ordered USING (stack_id)
),
nodes AS (
  SELECT
    level,
    first_place,
    any_value(label_id) AS label_id,
    CASE WHEN MIN(line) = MAX(line) THEN nullif(MIN(line), 0) END AS line,
    int64.clamp(SUM(weight_left)) AS value,
    int64.clamp(SUM(weight_right)) AS value_right,
    int64.clamp(coalesce(SUM(weight_left) FILTER (level = depth), 0)) AS self,
    int64.clamp(coalesce(SUM(weight_right) FILTER (level = depth), 0)) AS self_right,
    CASE WHEN COUNT(*) FILTER (level = depth) = 1 THEN any_value(stack_id) FILTER (level = depth) END AS stack_id
  FROM entered
  GROUP BY level, first_place
  UNION ALL
  SELECT
    0,
    0,
    NULL,
    NULL,
    int64.clamp(coalesce(SUM(weight_left), 0)),
    int64.clamp(coalesce(SUM(weight_right), 0)),
    int64.clamp(coalesce(SUM(weight_left) FILTER (depth = 0), 0)),
    int64.clamp(coalesce(SUM(weight_right) FILTER (depth = 0), 0)),
    CASE WHEN COUNT(*) FILTER (depth = 0) = 1 THEN any_value(stack_id) FILTER (depth = 0) END
  FROM placed
),
-- Functions of one name are told apart nowhere; which of them speaks does not depend on what came first.
functions AS (
  SELECT
    names.label_id,
    function.name,
    any_value(function.package) AS package,
    MIN(nullif(function.file, '')) AS file
  FROM names
  JOIN function ON function.name = names.label
  GROUP BY names.label_id, function.name
)
SELECT
  nodes.level::INTEGER AS level,
  nodes.value,
  nodes.self,
  nodes.value_right AS "valueRight",
  nodes.self_right AS "selfRight",
  CASE WHEN nodes.level = 0 THEN 'root' ELSE names.label END AS label,
  functions.name AS function,
  functions.package,
  functions.file,
  nodes.line,
  nodes.stack_id,
  (row_number() OVER (ORDER BY nodes.first_place, nodes.level) - 1)::INTEGER AS node_index
FROM nodes
LEFT JOIN names USING (label_id)
LEFT JOIN functions USING (label_id)
WHERE nodes.value <> 0
  OR nodes.value_right <> 0
  OR nodes.self <> 0
  OR nodes.self_right <> 0
  OR nodes.level = 0
ORDER BY nodes.first_place, nodes.level
