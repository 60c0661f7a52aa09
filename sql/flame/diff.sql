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
-- column line: Line that all stacks counted there go by; NULL when they differ.
-- column stack_id: The stack that ends here when only one of those counted does; else NULL.
-- column node_index: Place in depth-first order, from 0, the root.
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
SELECT *
FROM flame.weighted(
  list_concat(
    list_transform(list_distinct(base_ids), lambda id: {'profile_id': id, 'times_left': 1, 'times_right': 0}),
    list_transform(list_distinct(profile_ids), lambda id: {'profile_id': id, 'times_left': 0, 'times_right': 1})
  ),
  wanted_type,
  stack_ids := stack_ids
)
ORDER BY node_index
