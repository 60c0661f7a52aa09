-- One row per step of the compiler's explanation of a verdict, from the expression to the heap.
--
-- Needs a report with flows: -m=2 or the JSON log. Where several reports explain a verdict, one of them speaks.
--
-- key: service, build, escape_site_id, step
CREATE VIEW escape.flow (
  -- The verdict.
  escape_site_id,
  -- From labels of the report; NULL without one.
  service,
  -- From labels of the report; NULL without one.
  build,
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
WITH explained AS (
  SELECT DISTINCT steps.escape_site_id, reports.service, reports.build, steps.source_id
  FROM escape_step AS steps
  JOIN escape_report AS reports USING (source_id)
),
chosen AS (
  SELECT escape_site_id, service, build, MIN(source_id) AS source_id
  FROM explained
  GROUP BY escape_site_id, service, build
)
SELECT
  chosen.escape_site_id,
  chosen.service,
  chosen.build,
  steps.step,
  steps.flow_from,
  steps.flow_to,
  steps.expression,
  steps.operation,
  steps.file,
  steps.line
FROM chosen
JOIN escape_step AS steps USING (source_id, escape_site_id)
