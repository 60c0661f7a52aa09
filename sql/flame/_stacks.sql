-- One row per stack of some profiles and one sample type that has a weight and, by pprof's filters, a frame left.
--
-- key: stack_id
-- column stack_id: Call stack.
-- column value: Its weight, in the sample type's unit.
-- column functions: Functions of the frames that are left, leaf first.
-- column inlined: Whether each was inlined into the one behind it.
CREATE MACRO flame._stacks(
  -- Ids of the profiles whose weights are added up.
  profile_ids,
  -- What was measured: inuse_space, cpu.
  wanted_type,
  -- Ids of profiles whose weights are taken off, as by -diff_base.
  base_ids,
  -- Only samples with a line on their stack that this regular expression finds something in; NULL for all.
  focus,
  -- Without the samples that have such a line.
  ignore,
  -- Without such lines.
  hide,
  -- Only such lines.
  show_only,
  -- Without what calls the outermost such line.
  show_from
) AS TABLE
WITH weights AS (
  SELECT unnest(profile_ids::INTEGER[]) AS profile_id, 1 AS times
  UNION ALL
  SELECT unnest(base_ids::INTEGER[]), -1
),
weighed AS (
  SELECT sample.stack_id, int64.clamp(SUM(sample.value::HUGEINT * weights.times)) AS value
  FROM main.sample_value AS sample
  JOIN weights USING (profile_id)
  WHERE sample.sample_type = wanted_type
  GROUP BY sample.stack_id
),
placed AS (
  SELECT
    weighed.stack_id,
    weighed.value,
    unnest(stack.location_ids) AS location_id,
    -- From 1, the leaf.
    generate_subscripts(stack.location_ids, 1) AS place
  FROM weighed
  JOIN stack USING (stack_id)
),
marked AS (
  SELECT
    lines.location_id,
    lines.depth,
    lines.function,
    flame._matches(focus, lines.function, lines.file, lines.binary_file) AS is_focused,
    flame._matches(ignore, lines.function, lines.file, lines.binary_file) AS is_ignored,
    NOT flame._matches(hide, lines.function, lines.file, lines.binary_file)
      AND (
        show_only IS NULL
        OR (
          lines.function_id IS NOT NULL
          AND flame._matches(show_only, lines.function, lines.file, lines.binary_file)
        )
      ) AS is_shown,
    flame._matches(show_from, lines.function, lines.file, NULL) AS is_first,
    flame._matches(show_from, NULL, NULL, lines.binary_file) AS is_of_first
  FROM stack._line AS lines
  WHERE lines.location_id IN (SELECT location_id FROM placed)
),
-- What calls the outermost line that matches is left out with the lines before it.
begun AS (
  SELECT
    *,
    bool_or(is_first AND is_shown) OVER (PARTITION BY location_id ORDER BY depth DESC) AS is_behind,
    bool_or(is_first AND is_shown) OVER (PARTITION BY location_id) AS has_first
  FROM marked
),
locations AS (
  SELECT
    location_id,
    list(function ORDER BY depth)
      FILTER (is_shown AND (show_from IS NULL OR is_of_first OR is_behind OR NOT has_first)) AS functions,
    bool_or(is_focused) AS is_focused,
    bool_or(is_ignored) AS is_ignored,
    bool_or(has_first OR is_of_first) AS is_top
  FROM begun
  GROUP BY location_id
),
called AS (
  SELECT
    placed.stack_id,
    placed.value,
    placed.place,
    locations.*,
    MAX(placed.place) FILTER (locations.is_top AND locations.functions IS NOT NULL)
      OVER (PARTITION BY placed.stack_id) AS top_place
  FROM placed
  JOIN locations USING (location_id)
)
SELECT
  stack_id,
  any_value(value) AS value,
  flatten(list(functions ORDER BY place) FILTER (is_left)) AS functions,
  flatten(list(list_transform(functions, lambda f, i: i < len(functions)) ORDER BY place) FILTER (is_left)) AS inlined
FROM (
  SELECT *, functions IS NOT NULL AND (show_from IS NULL OR place <= top_place) AS is_left
  FROM called
)
GROUP BY stack_id
HAVING bool_or(is_left)
  AND (focus IS NULL OR bool_or(is_focused))
  AND (ignore IS NULL OR NOT bool_or(is_ignored))
