"""The questions about two builds' escape reports, each one query, each answered as a Result."""

from __future__ import annotations

import duckdb

from pipeline.values import Result
from pipeline.warehouse.query import ask


def differences(
    connection: duckdb.DuckDBPyConnection,
    before: str,
    after: str,
    *,
    service: str | None,
    package: str | None,
    place: str,
) -> Result:
    """Escapes that differ between two builds; `place` is the end of a file's base name, or of that and its line in either build."""
    query = """
    FROM escape.diff($before, $after)
    WHERE ($service IS NULL OR service = $service)
      AND ($package IS NULL OR package = $package)
      AND (
        ends_with(base_name, $place)
        OR ends_with(base_name || ':' || line_before, $place)
        OR ends_with(base_name || ':' || line_after, $place)
      )
    """
    parameters = {"before": before, "after": after, "service": service, "package": package, "place": place}
    return ask(connection, query, parameters, name="escapes that differ")


def builds(connection: duckdb.DuckDBPyConnection) -> Result:
    """The builds that escape reports are of."""
    return ask(
        connection, "SELECT DISTINCT build FROM escape_report WHERE build IS NOT NULL ORDER BY ALL", name="builds"
    )
