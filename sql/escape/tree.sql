-- One row per node of a tree of verdicts in some series of heap profiles: package, allocation, and the flow to what causes it.
--
-- In depth-first order, with level, value, self and label as in `flame.tree`, so that whatever draws that draws this. Below the root stand
-- the packages, below those each allocation with its line, and below it the compiler's steps (-m=2, -json), the cause last.
-- Bytes without an escape that explains them stand under their attribution's name in brackets. Verdicts, and sites without
-- one, that have no weight are left out; of growth, also those that shrank.
--
-- key: node_index
-- column level: 0 for the root, 1 for a package, 2 for an allocation, more for steps.
-- column value: Weight of the node, which is that of all below it.
-- column self: Of it, what has no further step.
-- column label: What stands in the tree.
-- column package: Import path that the allocation is of; NULL for the root.
-- column file: File of the allocation or of the step; NULL where the report gives no position.
-- column line: Line there.
-- column escape_site_id: The verdict; NULL for root and packages, and where several share the node.
-- column node_index: Place in depth-first order, from 0, the root.
CREATE MACRO escape.tree(
  -- The series.
  wanted_series,
  -- What weighs: `growth` from the first to the last profile, `live` in the last, `alloc` since the start.
  wanted_weight
) AS TABLE
WITH last AS MATERIALIZED (
  SELECT series.series_id, sample.stack_id, sample.value
  FROM heap.series AS series
  JOIN main.sample_value AS sample ON sample.profile_id = series.last_profile_id
  -- Live bytes and growth stand with the sites; samples are read for what does not.
  WHERE wanted_weight = 'alloc'
    AND series.series_id IN (SELECT unnest(wanted_series))
    AND sample.sample_type = 'alloc_space'
),
allocated AS (
  SELECT series_id, allocations.site_index, int64.clamp(SUM(last.value)) AS bytes
  FROM last
  JOIN attribution._allocation AS allocations USING (series_id, stack_id)
  GROUP BY series_id, allocations.site_index
),
by_site AS (
  SELECT
    sites.service,
    sites.build,
    sites.attribution,
    sites.package,
    sites.escape_site_id,
    int64.clamp(SUM(
      CASE wanted_weight
        WHEN 'growth' THEN sites.growth_bytes
        WHEN 'live' THEN sites.last_bytes
        ELSE allocated.bytes
      END
    )) AS weight
  FROM attribution.growth_by_site AS sites
  LEFT JOIN allocated USING (series_id, site_index)
  WHERE sites.series_id IN (SELECT unnest(wanted_series))
  GROUP BY
    sites.service,
    sites.build,
    sites.attribution,
    sites.package,
    sites.escape_site_id,
    -- What no verdict explains has only its bracket in common: a site that shrank must not hide one that grew.
    CASE WHEN sites.escape_site_id IS NULL THEN sites.site_index END
  HAVING weight > 0
),
weighed AS (
  SELECT service, build, attribution, package, escape_site_id, int64.clamp(SUM(weight)) AS weight
  FROM by_site
  GROUP BY service, build, attribution, package, escape_site_id
),
flows AS (
  SELECT
    flow.escape_site_id,
    flow.service,
    flow.build,
    list(
      {
        'label': CASE WHEN flow.operation = '' THEN flow.expression ELSE flow.operation || ': ' || flow.expression END,
        'file': flow.file,
        'line': flow.line::BIGINT
      }
      ORDER BY flow.step
    ) AS steps
  FROM escape.flow AS flow
  WHERE flow.operation <> 'spill' AND flow.escape_site_id IN (SELECT escape_site_id FROM weighed)
  GROUP BY flow.escape_site_id, flow.service, flow.build
),
paths AS (
  SELECT
    weighed.weight,
    weighed.escape_site_id,
    coalesce(weighed.package, '<none>') AS package,
    [{'label': coalesce(weighed.package, '<none>'), 'file': NULL::VARCHAR, 'line': NULL::BIGINT}]
    || [CASE
      WHEN sites.escape_site_id IS NULL THEN {'label': '[' || weighed.attribution || ']', 'file': NULL, 'line': NULL}
      ELSE {
        'label': sites.expression || ' at ' || sites.base_name || ':' || sites.line,
        'file': sites.file,
        'line': sites.line::BIGINT
      }
    END]
    || coalesce(flows.steps, []) AS path
  FROM weighed
  LEFT JOIN escape.site AS sites
    -- NULL labels are labels too.
    ON sites.escape_site_id = weighed.escape_site_id
    AND sites.service IS NOT DISTINCT FROM weighed.service
    AND sites.build IS NOT DISTINCT FROM weighed.build
  LEFT JOIN flows
    ON flows.escape_site_id = weighed.escape_site_id
    AND flows.service IS NOT DISTINCT FROM weighed.service
    AND flows.build IS NOT DISTINCT FROM weighed.build
),
placed AS (
  SELECT *, unnest(range(len(path) + 1)) AS level
  FROM paths
),
nodes AS (
  SELECT
    level,
    path[:level] AS prefix,
    int64.clamp(SUM(weight)) AS value,
    int64.clamp(coalesce(SUM(weight) FILTER (level = len(path)), 0)) AS self,
    any_value(package) AS package,
    CASE WHEN MIN(escape_site_id) = MAX(escape_site_id) THEN MIN(escape_site_id) END AS escape_site_id
  FROM placed
  GROUP BY level, prefix
  UNION ALL
  SELECT 0, [], 0, 0, NULL, NULL
  WHERE NOT EXISTS (FROM placed)
)
SELECT
  level::INTEGER AS level,
  value,
  self,
  CASE WHEN level = 0 THEN 'root' ELSE prefix[-1].label END AS label,
  CASE WHEN level > 0 THEN package END AS package,
  prefix[-1].file AS file,
  prefix[-1].line AS line,
  CASE WHEN level > 1 THEN escape_site_id END AS escape_site_id,
  row_number() OVER (ORDER BY prefix) - 1 AS node_index
FROM nodes
ORDER BY node_index
