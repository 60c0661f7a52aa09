-- One row per bar of a flame graph as Grafana's Pyroscope data source takes it: two sides laid over each other, level by level.
--
-- Nodes that weigh less than the last of the `max_nodes` heaviest are one bar `other` under each caller. Bars begin behind what
-- their caller has of its own. A side that nothing counts on is zero.
--
-- key: level, node_index
-- column level: Callers above the node, 0 for the root.
-- column node_index: Place in depth-first order.
-- column shift: Left: where it begins, from the end of the bar before it in the level.
-- column value: Left: weight of the node and all below it.
-- column self: Left: weight of the node alone.
-- column shiftRight: Right: where it begins, from the end of the bar before it in the level.
-- column valueRight: Right: weight of the node and all below it.
-- column selfRight: Right: weight of the node alone.
-- column label: Function, `[binary]` without a symbol, `other` for what was merged, `total` for the root.
CREATE MACRO pyroscope.flame_graph(
  -- A list of {profile_id, times_left, times_right}: how often each profile counts on either side.
  weights,
  -- What was measured: inuse_space, cpu.
  wanted_type,
  -- So many nodes, and those that weigh as much as the last.
  max_nodes,
  -- Count only these stacks; all when NULL.
  stack_ids := NULL,
  -- Count only samples with these label sets; all when NULL.
  label_set_ids := NULL
) AS TABLE
WITH nodes AS MATERIALIZED (
  SELECT
    node_index,
    level,
    CASE WHEN level = 0 THEN 'total' ELSE label END AS label,
    value,
    self,
    "valueRight" AS value_right,
    "selfRight" AS self_right,
    value::HUGEINT + "valueRight" AS weight
  FROM flame.weighted(weights, wanted_type, stack_ids := stack_ids, label_set_ids := label_set_ids, least_weight := 0)
),
cut AS (
  SELECT coalesce(MIN(weight), 0) AS cut_weight
  FROM (
    SELECT weight
    FROM nodes
    WHERE level > 0
    QUALIFY row_number() OVER (ORDER BY weight DESC) <= max_nodes
  )
),
marked AS (
  SELECT nodes.*, level = 0 OR weight >= cut_weight AS is_kept
  FROM nodes
  CROSS JOIN cut
),
merged AS (
  SELECT
    MIN(dropped.node_index) AS node_index,
    any_value(dropped.level) AS level,
    int64.clamp(SUM(dropped.value)) AS value,
    int64.clamp(SUM(dropped.value_right)) AS value_right
  FROM (FROM marked WHERE NOT is_kept) AS dropped
  ASOF JOIN marked AS caller ON caller.level = dropped.level - 1 AND dropped.node_index > caller.node_index
  WHERE caller.is_kept
  GROUP BY caller.node_index
),
bars AS (
  SELECT node_index, level, label, value, self, value_right, self_right
  FROM marked
  WHERE is_kept
  UNION ALL
  SELECT node_index, level, 'other', value, value, value_right, value_right
  FROM merged
),
-- What was of anybody's own before a bar, in depth-first order, lies left of it.
placed AS (
  SELECT
    *,
    coalesce(SUM(self) OVER before, 0) AS left_up_to_here,
    coalesce(SUM(self_right) OVER before, 0) AS right_up_to_here
  FROM bars
  WINDOW before AS (ORDER BY node_index ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
)
SELECT
  level,
  node_index,
  int64.clamp(left_up_to_here - coalesce(LAG(left_up_to_here + value) OVER beside, 0)) AS shift,
  value,
  self,
  int64.clamp(right_up_to_here - coalesce(LAG(right_up_to_here + value_right) OVER beside, 0)) AS "shiftRight",
  value_right AS "valueRight",
  self_right AS "selfRight",
  label
FROM placed
WINDOW beside AS (PARTITION BY level ORDER BY node_index)
ORDER BY level, node_index
