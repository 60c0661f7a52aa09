-- One row per service, build and verdict that puts something on the heap: why, in one sentence.
--
-- The verdict, and behind it the step of the compiler's explanation that is not yet in the verdict and stands
-- nearest to the heap. Without flows the verdict alone.
--
-- key: service, build, escape_site_id
-- stored: by service, build
CREATE VIEW escape.reason (
  -- The verdict.
  escape_site_id,
  -- From labels of the report; NULL without one.
  service,
  -- From labels of the report; NULL without one.
  build,
  -- The sentence.
  reason
) AS
WITH last_step AS (
  SELECT escape_site_id, service, build, arg_max({'expression': expression, 'operation': operation}, step) AS step
  FROM escape.flow
  WHERE operation <> 'spill'
  GROUP BY escape_site_id, service, build
)
SELECT
  sites.escape_site_id,
  sites.service,
  sites.build,
  CASE WHEN sites.kind = 'moved_to_heap' THEN sites.expression || ' moved to heap' ELSE sites.message END
  || CASE
    WHEN last_step.step IS NULL THEN ''
    ELSE ': ' || CASE last_step.step.operation
      WHEN 'call parameter' THEN 'passed to ' || last_step.step.expression
      WHEN 'call argument' THEN 'passed to ' || last_step.step.expression
      WHEN 'assign' THEN 'stored by ' || last_step.step.expression
      WHEN 'assign-pair' THEN 'stored by ' || last_step.step.expression
      WHEN 'return' THEN 'by ' || last_step.step.expression
      WHEN 'send' THEN 'sent by ' || last_step.step.expression
      WHEN 'captured by a closure' THEN last_step.step.expression || ' is captured by a closure'
      WHEN 'interface-converted' THEN last_step.step.expression || ' is converted to an interface'
      WHEN 'address-of' THEN 'its address is taken by ' || last_step.step.expression
      WHEN 'too large for stack' THEN 'too large for the stack'
      WHEN 'non-constant size' THEN 'its size is not constant'
      ELSE last_step.step.expression || ' (' || last_step.step.operation || ')'
    END
  END
FROM escape.site AS sites
LEFT JOIN last_step
  -- NULL labels are labels too.
  ON last_step.escape_site_id = sites.escape_site_id
  AND last_step.service IS NOT DISTINCT FROM sites.service
  AND last_step.build IS NOT DISTINCT FROM sites.build
WHERE sites.is_on_heap
