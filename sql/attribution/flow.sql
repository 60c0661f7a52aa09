-- One row per series of heap profiles, record that explains growth of it, and step of the compiler's explanation.
--
-- key: series_id, escape_site_id, step
CREATE VIEW attribution.flow (
  -- The series.
  series_id,
  -- The verdict.
  escape_site_id,
  -- Place in the explanation, from 0.
  step,
  -- Where the value comes from in this flow: `&x`, `{storage for &T{}}`.
  "from",
  -- Where it goes: a variable, `~r0`, `{heap}`.
  "to",
  -- The expression that makes it flow.
  expression,
  -- How: address-of, assign, return, call parameter, too large for stack.
  operation,
  -- File of the expression; NULL where the report gives no position.
  file,
  -- Line of the expression.
  line
) AS
SELECT DISTINCT
  sites.series_id,
  flow.escape_site_id,
  flow.step,
  flow."from",
  flow."to",
  flow.expression,
  flow.operation,
  flow.file,
  flow.line
FROM escape.flow AS flow
JOIN attribution.growth_by_site AS sites
  -- NULL labels are labels too.
  ON sites.escape_site_id = flow.escape_site_id
  AND sites.service IS NOT DISTINCT FROM flow.service
  AND sites.build IS NOT DISTINCT FROM flow.build
