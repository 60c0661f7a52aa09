"""What the compiler said of lines of source."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import duckdb

from pipeline.values import Result
from pipeline.warehouse.query import ask


def verdicts(
    connection: duckdb.DuckDBPyConnection,
    spans: Sequence[tuple[str, str | None, int, int]],
    *,
    service: str | None,
    build: str | None,
) -> Result:
    """One row per verdict of a build's reports in some spans of files, by the files' names in profiles.

    spans  file, package, first and last line of each
    """
    parameters = {
        "spans": [
            {"file": file, "package": package, "first": first, "last": last} for file, package, first, last in spans
        ],
        "service": service,
        "build": build,
    }
    return ask(connection, _VERDICTS, parameters, name="verdicts", described=False)


# Where a report knows the package, a file of the same name in another one is another file; whose main package has a path there
# is not told by a profile.
_VERDICTS: Final = r"""
WITH spans AS (
  SELECT each.file, each.package, each.first, each.last, regexp_replace(each.file, '^.*[/\\]', '') AS base_name
  FROM (
    SELECT unnest($spans::STRUCT(file VARCHAR, package VARCHAR, "first" BIGINT, "last" BIGINT)[]) AS each
  )
),
told AS (
  SELECT *, regexp_replace(file, '^(\.\.?[/\\])+', '') AS path
  FROM escape.site
  WHERE service IS NOT DISTINCT FROM $service AND build IS NOT DISTINCT FROM $build
)
SELECT DISTINCT
  spans.file,
  told.line,
  told.column,
  told.is_on_heap,
  coalesce(reasons.reason, told.message) AS verdict
FROM told
JOIN spans ON spans.base_name = told.base_name AND told.line BETWEEN spans.first AND spans.last
LEFT JOIN escape.reason AS reasons
  ON reasons.escape_site_id = told.escape_site_id
  AND reasons.service IS NOT DISTINCT FROM told.service
  AND reasons.build IS NOT DISTINCT FROM told.build
WHERE (told.path = spans.file OR ends_with(spans.file, '/' || told.path))
  AND (told.package IS NULL OR told.package = spans.package OR 'main' IN (told.package, spans.package))
ORDER BY spans.file, told.line, NOT told.is_on_heap, told.column, verdict
"""
