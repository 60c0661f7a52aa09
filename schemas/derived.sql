-- One row per node of the tree of all call stacks by function, numbered in pre-order.
--
-- A subtree is the nodes from `node_index` to `last_index`, so the weight of a node is a difference of two
-- prefix sums: a flame graph is one pass and no recursion. Renumbered whenever new stacks arrive.
--
-- key: node_index
-- origin: warehouse
CREATE TABLE stack_node (
  -- Place in pre-order, from 0, the root above all stacks.
  node_index INTEGER NOT NULL,
  -- The last node of its subtree; its own for a node without children.
  last_index INTEGER NOT NULL,
  -- The caller; -1 for the root.
  parent_index INTEGER NOT NULL,
  -- Callers above it, 0 for the root.
  depth INTEGER NOT NULL,
  -- A function of this name; NULL for the root and where there is no symbol.
  function_id UBIGINT,
  -- Name as flame graphs show it: the function, `[binary]` without a symbol, `<unknown>` without either.
  label VARCHAR NOT NULL,
  -- Line in the function that all stacks through the node go by; NULL when they differ or have none.
  line BIGINT,
  -- The stack that ends here when it is the only one; else NULL.
  stack_id UBIGINT
);

-- One row per stack: the node it ends at.
--
-- key: stack_id
-- origin: warehouse
CREATE TABLE stack_leaf (
  -- The stack.
  stack_id UBIGINT NOT NULL REFERENCES stack(stack_id),
  -- Its leaf in the tree.
  node_index INTEGER NOT NULL
);

-- One row per node some stack ends at and distinct function from it up to the root.
--
-- A recursive function stands here once, which is what a cumulative weight needs.
--
-- key: node_index, label_index
-- origin: warehouse
CREATE TABLE stack_function (
  -- A node that stacks end at.
  node_index INTEGER NOT NULL,
  -- A function on the way, as numbered in stack_label.
  label_index INTEGER NOT NULL,
  -- It is the leaf itself.
  is_leaf BOOLEAN NOT NULL
);

-- One row per distinct name in the tree.
--
-- key: label_index
-- origin: warehouse
CREATE TABLE stack_label (
  -- Number of the name, from 0.
  label_index INTEGER NOT NULL,
  -- The name as flame graphs show it.
  label VARCHAR NOT NULL
);

-- One row per profile and sample type: the sum over all samples.
--
-- key: profile_id, sample_type
-- origin: warehouse
CREATE TABLE profile_total (
  -- The profile.
  profile_id UBIGINT NOT NULL REFERENCES profile(profile_id),
  -- What was measured.
  sample_type VARCHAR NOT NULL,
  -- Unit of `value`.
  unit VARCHAR NOT NULL,
  -- Sum of the samples' values.
  value BIGINT NOT NULL
);

-- One row: which state of which lake this file holds.
--
-- key: manifest_version
-- origin: warehouse
CREATE TABLE warehouse_state (
  -- The manifest entry up to which everything is loaded.
  manifest_version INTEGER NOT NULL,
  -- Fingerprint of the declared tables and views; another one means that the file is made anew.
  declarations VARCHAR NOT NULL,
  -- The first manifest entry's fingerprint; tells one lake from another.
  lake VARCHAR NOT NULL,
  -- Version of heapscape that wrote it.
  heapscape VARCHAR NOT NULL
);
