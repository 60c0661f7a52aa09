-- One row per service, build and verdict that a JSON log tells of package `main`, and a report with import paths of that.
--
-- The same escape then, under two names of one package: whoever counts escapes leaves these out, as attribution does. Where several
-- packages tell a verdict at that place, which a generic function may, it is of the one that tells most of what `main` does.
--
-- key: service, build, escape_site_id
CREATE VIEW escape._again (
  -- The verdict of package `main`.
  escape_site_id,
  -- Service, from labels of the reports; NULL without one.
  service,
  -- Build, from labels of both reports; NULL without one.
  build,
  -- The package by its import path.
  package,
  -- The same verdict of that.
  told_as
) AS
WITH pairs AS (
  SELECT
    mains.escape_site_id,
    mains.service,
    mains.build,
    named.package,
    named.escape_site_id AS told_as,
    COUNT(*) OVER (PARTITION BY mains.service, mains.build, named.package) AS verdicts
  FROM escape.site AS mains
  JOIN escape.site AS named
    -- NULL labels are labels too. A report of the command line has paths from where the compiler ran.
    ON named.service IS NOT DISTINCT FROM mains.service
    AND named.build IS NOT DISTINCT FROM mains.build
    AND named.package <> 'main'
    AND named.base_name = mains.base_name
    AND named.line = mains.line
    AND named.column = mains.column
    AND named.kind = mains.kind
    AND named.expression = mains.expression
    AND ends_with(
      '/' || replace(mains.file, '\', '/'), '/' || replace(regexp_replace(named.file, '^(\.\.?[/\\])+', ''), '\', '/')
    )
  WHERE mains.package = 'main'
)
SELECT
  escape_site_id,
  service,
  build,
  arg_max(package, (verdicts, package)),
  arg_max(told_as, (verdicts, package))
FROM pairs
GROUP BY escape_site_id, service, build
