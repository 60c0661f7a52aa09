-- One row per node of two flame graphs laid over each other, in depth-first order.
--
-- Value and self are of the first, valueRight and selfRight of the second: what Grafana's panel takes for a
-- difference. Nodes without weight on both sides are left out.
--
-- key: node_index
-- column level: Callers above the node, 0 for the root.
-- column value: Weight before, of the node and all below it.
-- column self: Weight before, of the node alone.
-- column valueRight: Weight after, of the node and all below it.
-- column selfRight: Weight after, of the node alone.
-- column label: Function, `[binary]` without a symbol.
-- column function: Function; NULL for the root and without a symbol.
-- column package: Import path of the function's package; NULL when the name has none.
-- column file: Source file; NULL without one.
-- column line: Line all stacks through the node go by; NULL when they differ.
-- column stack_id: The stack that ends here when it is the only one; else NULL.
-- column node_index: Place in the tree of all stacks.
CREATE MACRO flame.diff(
  -- Ids of the profiles before.
  base_ids,
  -- Ids of the profiles after.
  profile_ids,
  -- What was measured: inuse_space, cpu.
  wanted_type,
  -- Count only these stacks; all when NULL.
  stack_ids := NULL
) AS TABLE
WITH weighed AS (
  SELECT
    node_index,
    int64.clamp(coalesce(SUM(value) FILTER (list_contains(base_ids, profile_id)), 0)) AS value,
    int64.clamp(coalesce(SUM(value) FILTER (list_contains(profile_ids, profile_id)), 0)) AS value_right
  FROM sample
  JOIN stack_leaf USING (stack_id)
  WHERE sample_type = wanted_type
    AND (list_contains(base_ids, profile_id) OR list_contains(profile_ids, profile_id))
    AND (stack_ids IS NULL OR stack_id IN (SELECT unnest(stack_ids)))
  GROUP BY node_index
),
summed AS (
  SELECT
    nodes.node_index,
    nodes.last_index,
    coalesce(weighed.value, 0) AS self,
    coalesce(weighed.value_right, 0) AS self_right,
    SUM(coalesce(weighed.value, 0)) OVER (ORDER BY nodes.node_index) AS up_to_here,
    SUM(coalesce(weighed.value_right, 0)) OVER (ORDER BY nodes.node_index) AS up_to_here_right
  FROM stack_node AS nodes
  LEFT JOIN weighed USING (node_index)
),
totals AS (
  SELECT
    summed.node_index,
    int64.clamp(ending.up_to_here - summed.up_to_here + summed.self) AS value,
    summed.self,
    int64.clamp(ending.up_to_here_right - summed.up_to_here_right + summed.self_right) AS value_right,
    summed.self_right
  FROM summed
  JOIN summed AS ending ON ending.node_index = summed.last_index
)
SELECT
  nodes.depth AS level,
  totals.value,
  totals.self,
  totals.value_right AS "valueRight",
  totals.self_right AS "selfRight",
  nodes.label,
  function.name AS function,
  function.package,
  nullif(function.file, '') AS file,
  nodes.line,
  nodes.stack_id,
  nodes.node_index
FROM totals
JOIN stack_node AS nodes USING (node_index)
LEFT JOIN function USING (function_id)
WHERE totals.value <> 0
  OR totals.value_right <> 0
  OR totals.self <> 0
  OR totals.self_right <> 0
  OR nodes.node_index = 0
ORDER BY nodes.node_index
