-- One row per node of the flame graph of some profiles and one sample type, in depth-first order.
--
-- Level, value, self and label are exactly what Grafana's flame graph panel takes; there is one root, at level 0.
-- Nodes without weight are left out.
--
-- key: node_index
-- column level: Callers above the node, 0 for the root.
-- column value: Weight of the node and all below it.
-- column self: Weight of the node alone.
-- column label: Function, `[binary]` without a symbol.
-- column function: Function; NULL for the root and without a symbol.
-- column package: Import path of the function's package; NULL when the name has none.
-- column file: Source file; NULL without one.
-- column line: Line that all stacks counted there go by; NULL when they differ.
-- column stack_id: The stack that ends here when only one of those counted does; else NULL.
-- column node_index: Place in depth-first order, from 0, the root.
CREATE MACRO flame.tree(
  -- Ids of the profiles whose weights are added up.
  profile_ids,
  -- What was measured: inuse_space, cpu.
  wanted_type,
  -- Count only these stacks; all when NULL.
  stack_ids := NULL
) AS TABLE
SELECT
  level,
  "valueRight" AS value,
  "selfRight" AS self,
  label,
  function,
  package,
  file,
  line,
  stack_id,
  node_index
-- Against nothing, so that weights are added up in one place.
FROM flame.diff(profile_ids[:0], profile_ids, wanted_type, stack_ids := stack_ids)
ORDER BY node_index
