-- One row per series of heap profiles and stack whose allocations a verdict explains.
--
-- What escapes, and what a verdict says would stay if it were small: the only such one of its line, where no record of
-- something that escapes explains the allocation.
--
-- key: series_id, stack_id
CREATE VIEW escape._allocation (
  -- The series.
  series_id,
  -- Call stack.
  stack_id,
  -- The verdict.
  escape_site_id
) AS
WITH sized AS (
  SELECT
    sites.service,
    sites.build,
    sites.package,
    sites.base_name,
    sites.line,
    any_value(conditions.call_kinds) AS call_kinds,
    any_value(sites.escape_site_id) AS escape_site_id
  FROM escape._condition AS conditions
  JOIN escape.site AS sites
    -- NULL labels are labels too.
    ON sites.escape_site_id = conditions.escape_site_id
    AND sites.service IS NOT DISTINCT FROM conditions.service
    AND sites.build IS NOT DISTINCT FROM conditions.build
  WHERE conditions.condition = 'size'
  GROUP BY sites.service, sites.build, sites.package, sites.base_name, sites.line
  HAVING COUNT(*) = 1
)
SELECT series_id, stack_id, escape_site_id
FROM attribution._allocation
WHERE escape_site_id IS NOT NULL
UNION ALL
SELECT allocations.series_id, allocations.stack_id, sized.escape_site_id
FROM attribution._allocation AS allocations
JOIN attribution.growth_by_site AS sites USING (series_id, site_index)
JOIN heap.series AS series USING (series_id)
JOIN attribution._package AS packages
  ON packages.service IS NOT DISTINCT FROM series.service
  AND packages.build IS NOT DISTINCT FROM series.build
  AND packages.package = sites.package
  AND packages.folder = regexp_extract(coalesce(sites.file, ''), '^(.*)[/\\]', 1)
JOIN sized
  ON sized.service IS NOT DISTINCT FROM series.service
  AND sized.build IS NOT DISTINCT FROM series.build
  AND sized.package = packages.reported_package
  AND sized.base_name = regexp_replace(sites.file, '^.*[/\\]', '')
  AND sized.line = sites.line
WHERE sites.attribution IN ('unmatched', 'implicit')
  AND (sites.allocation_kind IS NULL OR list_contains(sized.call_kinds, sites.allocation_kind))
