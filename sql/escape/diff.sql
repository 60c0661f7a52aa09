-- One row per escape that differs between two builds: added, removed, or moved to another line.
--
-- Escapes are the same when service, package, file, kind and expression are; where there are several such in a
-- file, those on unchanged lines go together first, then the others in their order. What did not change has no row, and
-- what several reports of a build tell has one.
--
-- key: service, change, package, base_name, kind, expression, line_before, line_after, column_before, column_after
-- column service: From labels of the reports; NULL without one.
-- column change: added, removed or moved.
-- column package: Import path; `main` where only a JSON log tells.
-- column base_name: File's base name.
-- column kind: moved_to_heap or escapes.
-- column expression: The compiler's rendering of what escapes.
-- column line_before: Line in the first build; NULL for an added one.
-- column column_before: Byte column in the first build; NULL for an added one.
-- column line_after: Line in the second build; NULL for a removed one.
-- column column_after: Byte column in the second build; NULL for a removed one.
-- column alloc_bytes_per_s_before: What it allocated in production in the first build, over all series; NULL when no series tells.
-- column alloc_bytes_per_s_after: The same in the second build.
-- column live_bytes_before: What of it was live in the last profiles of the first build; NULL when no series tells.
-- column live_bytes_after: What of it was live in the last profiles of the second build; NULL when no series tells.
CREATE MACRO escape.diff(
  -- Build before, as labels name it.
  build_before,
  -- Build after.
  build_after
) AS TABLE
WITH sites AS (
  SELECT service, build, package, base_name, kind, expression, line, "column", escape_site_id
  FROM escape.site
  -- What a JSON log tells of package main, and another report too, is one escape.
  ANTI JOIN escape._again AS again
    ON again.service IS NOT DISTINCT FROM site.service
    AND again.build IS NOT DISTINCT FROM site.build
    AND again.escape_site_id = site.escape_site_id
  WHERE is_on_heap AND (build = build_before OR build = build_after)
),
stayed AS (
  SELECT service, escape_site_id
  FROM sites
  GROUP BY service, escape_site_id
  HAVING bool_or(build = build_before) AND bool_or(build = build_after)
),
changed AS (
  SELECT
    sites.*,
    row_number() OVER (
      PARTITION BY sites.service, build, package, base_name, kind, expression
      ORDER BY line, "column"
    ) AS place
  FROM sites
  LEFT JOIN stayed
    -- NULL labels are labels too.
    ON stayed.service IS NOT DISTINCT FROM sites.service AND stayed.escape_site_id = sites.escape_site_id
  WHERE stayed.escape_site_id IS NULL
),
costs AS (
  SELECT
    service,
    build,
    escape_site_id,
    SUM(alloc_bytes_per_s) AS alloc_bytes_per_s,
    int64.clamp(SUM(live_bytes)) AS live_bytes
  FROM escape.cost
  GROUP BY service, build, escape_site_id
),
priced AS (
  SELECT changed.*, costs.alloc_bytes_per_s, costs.live_bytes
  FROM changed
  LEFT JOIN costs
    ON costs.service IS NOT DISTINCT FROM changed.service
    AND costs.build = changed.build
    AND costs.escape_site_id = changed.escape_site_id
)
SELECT
  coalesce(before.service, after.service) AS service,
  CASE
    WHEN before.escape_site_id IS NULL THEN 'added'
    WHEN after.escape_site_id IS NULL THEN 'removed'
    ELSE 'moved'
  END AS change,
  coalesce(before.package, after.package) AS package,
  coalesce(before.base_name, after.base_name) AS base_name,
  coalesce(before.kind, after.kind) AS kind,
  coalesce(before.expression, after.expression) AS expression,
  before.line AS line_before,
  before.column AS column_before,
  after.line AS line_after,
  after.column AS column_after,
  before.alloc_bytes_per_s AS alloc_bytes_per_s_before,
  after.alloc_bytes_per_s AS alloc_bytes_per_s_after,
  before.live_bytes AS live_bytes_before,
  after.live_bytes AS live_bytes_after
FROM (SELECT * FROM priced WHERE build = build_before) AS before
FULL JOIN (SELECT * FROM priced WHERE build = build_after) AS after
  ON before.service IS NOT DISTINCT FROM after.service
  AND before.package IS NOT DISTINCT FROM after.package
  AND before.base_name = after.base_name
  AND before.kind = after.kind
  AND before.expression = after.expression
  AND before.place = after.place
ORDER BY
  service,
  package,
  base_name,
  coalesce(line_before, line_after),
  coalesce(column_before, column_after),
  change,
  expression
