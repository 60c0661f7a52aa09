-- One row per function of some profiles and one sample type: what `heapscape top` and `heapscape diff` print, untrimmed.
--
-- The numbers of `go tool pprof -top`, its filters among them: a recursive function counts once per sample, functions are told
-- apart by name, and one whose weights are both zero is left out. The heaviest come first.
--
-- key: function
-- column function: Function; `[binary]` without a symbol, `<unknown>` without a mapping either.
-- column flat: Weight of the samples that end in it, in the sample type's unit.
-- column cum: Weight of the samples that have it on their stack.
CREATE MACRO flame.top(
  -- Ids of the profiles whose weights are added up.
  profile_ids,
  -- What was measured: inuse_space, cpu.
  wanted_type,
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
WITH counted AS (
  SELECT value, functions[1] AS leaf, unnest(list_distinct(functions)) AS function
  FROM flame._stacks(profile_ids, wanted_type, base_ids, focus, ignore, hide, show_only, show_from)
),
summed AS (
  SELECT
    function,
    int64.clamp(coalesce(SUM(value) FILTER (function = leaf), 0)) AS flat,
    int64.clamp(SUM(value)) AS cum
  FROM counted
  GROUP BY function
)
SELECT function, flat, cum
FROM summed
WHERE flat <> 0 OR cum <> 0
ORDER BY abs(flat::HUGEINT) DESC, abs(cum::HUGEINT) DESC, function
