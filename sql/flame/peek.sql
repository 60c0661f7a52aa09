-- One row per function whose name matches: its weights, who calls it and whom it calls; what `heapscape peek` prints.
--
-- The numbers of `go tool pprof -peek`: a call counts once per sample, and calls of a function by itself do not.
--
-- key: function
-- column function: Function; `[binary]` without a symbol, `<unknown>` without a mapping either.
-- column flat: Weight of the samples that end in it, in the sample type's unit.
-- column cum: Weight of the samples that have it on their stack.
-- column callers: Functions that call it, the heaviest first: `function`, `value` of the call, and `inlined` where it always was.
-- column callees: Functions that it calls, as callers.
CREATE MACRO flame.peek(
  -- Ids of the profiles whose weights are added up.
  profile_ids,
  -- What was measured: inuse_space, cpu.
  wanted_type,
  -- Regular expression of the functions that are looked at.
  pattern,
  -- Ids of profiles whose weights are taken off, as by -diff_base.
  base_ids := [],
  -- Only samples with a line on their stack that this regular expression finds something in; NULL for all.
  focus := NULL,
  -- Without the samples that have such a line.
  ignore := NULL,
  -- Without such lines.
  hide := NULL,
  -- Only such lines.
  show_only := NULL,
  -- Without what calls the outermost such line.
  show_from := NULL
) AS TABLE
WITH stacks AS MATERIALIZED (
  SELECT * FROM flame._stacks(profile_ids, wanted_type, base_ids, focus, ignore, hide, show_only, show_from)
),
pairs AS (
  SELECT
    value,
    functions[1] AS leaf,
    unnest(functions) AS callee,
    unnest(list_append(functions[2:], NULL)) AS caller,
    unnest(inlined) AS is_inlined,
    generate_subscripts(functions, 1) AS place,
    stack_id
  FROM stacks
),
calls AS (
  SELECT caller, callee, int64.clamp(SUM(value)) AS value, bool_and(is_inlined) AS is_inlined
  FROM (
    -- The outermost says whether it was inlined, as in graph.newGraph.
    SELECT stack_id, caller, callee, any_value(value) AS value, arg_max(is_inlined, place) AS is_inlined
    FROM pairs
    WHERE caller <> callee
    GROUP BY stack_id, caller, callee
  )
  GROUP BY caller, callee
),
ends AS (
  SELECT
    callee AS function,
    caller AS other,
    value,
    is_inlined,
    TRUE AS is_caller
  FROM calls
  WHERE regexp_matches(callee, pattern)
  UNION ALL
  SELECT caller, callee, value, is_inlined, FALSE
  FROM calls
  WHERE regexp_matches(caller, pattern)
),
next_to AS (
  SELECT
    function,
    list({'function': other, 'value': value, 'inlined': is_inlined} ORDER BY abs(value::HUGEINT) DESC, other)
      FILTER (is_caller) AS callers,
    list({'function': other, 'value': value, 'inlined': is_inlined} ORDER BY abs(value::HUGEINT) DESC, other)
      FILTER (NOT is_caller) AS callees
  FROM ends
  GROUP BY function
),
-- As flame.top has it, of the stacks that are there already.
weighed AS (
  SELECT value, functions[1] AS leaf, unnest(list_distinct(functions)) AS function
  FROM stacks
),
tops AS (
  SELECT
    function,
    int64.clamp(coalesce(SUM(value) FILTER (function = leaf), 0)) AS flat,
    int64.clamp(SUM(value)) AS cum
  FROM weighed
  WHERE regexp_matches(function, pattern)
  GROUP BY function
)
SELECT
  tops.function,
  tops.flat,
  tops.cum,
  coalesce(next_to.callers, []) AS callers,
  coalesce(next_to.callees, []) AS callees
FROM tops
LEFT JOIN next_to USING (function)
WHERE tops.flat <> 0 OR tops.cum <> 0
ORDER BY abs(tops.flat::HUGEINT) DESC, abs(tops.cum::HUGEINT) DESC, tops.function
