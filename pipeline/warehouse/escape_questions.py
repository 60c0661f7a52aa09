"""The questions about builds' escape reports and what they weigh, each one query, each answered as a Result."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from pipeline.values import Result
from pipeline.warehouse.query import ask, equal, where


def escapes(
    connection: duckdb.DuckDBPyConnection,
    *,
    service: str | None,
    build: str | None,
    package: str | None,
    place: str,
    all_kinds: bool,
) -> Result:
    """Verdicts of the compiler; `place` is the end of one of their `places`, in whole parts of a path."""
    chosen, parameters = where(
        {
            **equal(service=service, build=build, package=package),
            "place": ("list_bool_or(list_transform(places, lambda name: main.is_place(name, $place)))", place or None),
            "is_on_heap": ("is_on_heap = $is_on_heap", None if all_kinds else True),
        }
    )
    query = f"""
SELECT * EXCLUDE (places, is_on_heap)
FROM escape.verdict{chosen}
ORDER BY service, build, package, file, line, "column", kind, expression
"""
    return ask(connection, query, parameters, name="escapes")


def flow_of(connection: duckdb.DuckDBPyConnection, site_ids: Sequence[int]) -> Result:
    """The compiler's explanations of some verdicts."""
    query = "FROM escape.flow WHERE list_contains($ids, escape_site_id) ORDER BY service, build, escape_site_id, step"
    return ask(connection, query, {"ids": list(site_ids)}, name="flow")


def differences(
    connection: duckdb.DuckDBPyConnection,
    before: str,
    after: str,
    *,
    service: str | None,
    package: str | None,
    place: str,
) -> Result:
    """Escapes that differ between two builds; `place` is the end of a file, or of that and its line, or column too, in either build."""
    chosen, parameters = where(
        {
            **equal(service=service, package=package),
            "place": (_is_place("_before", "_after"), place or None),
        }
    )
    query = f"FROM escape.diff($before, $after){chosen}"
    parameters |= {"before": before, "after": after}
    return ask(connection, query, parameters, name="escapes that differ")


def tree(
    connection: duckdb.DuckDBPyConnection,
    weight: str,
    *,
    service: str | None,
    build: str | None,
    package: str | None,
) -> Result:
    """The tree of verdicts over all series that fit, weighted by growth, live or alloc, or a package's part of it, as it stands there."""
    series = """
    SELECT series_id
    FROM heap.series
    WHERE ($service IS NULL OR service = $service) AND ($build IS NULL OR build = $build)
    ORDER BY ALL
    """
    ids = [one for (one,) in connection.execute(series, {"service": service, "build": build}).fetchall()]
    chosen, parameters = where(equal(package=package))
    query = f"FROM escape.tree($ids, $weight){chosen}\nORDER BY node_index"
    return ask(connection, query, {"ids": ids, "weight": weight, **parameters}, name="tree of escapes")


def levels(
    connection: duckdb.DuckDBPyConnection,
    *,
    service: str | None,
    build: str | None,
    package: str | None,
    place: str,
    all_kinds: bool,
) -> Result:
    """How certain the heap is and what it costs, what allocates most a second first; `place` is the end of a file, of `file:line` or of `file:line:column`."""
    chosen, parameters = where(
        {
            **equal(service=service, build=build, package=package),
            "place": (_is_place(""), place or None),
            "certainties": (
                "list_contains($certainties, certainty)",
                None if all_kinds else ["certain", "conditional"],
            ),
        }
    )
    query = f"""
SELECT
  escape_site_id, service, build, series_id, package, base_name, line, "column", expression, certainty, condition, reason,
  alloc_bytes_per_s, live_bytes, gc_share, saved_gc_share, saved_heap_bytes
FROM escape.level{chosen}
ORDER BY
  alloc_bytes_per_s DESC NULLS LAST, live_bytes DESC NULLS LAST, package, base_name, line, "column", kind, expression,
  service, build, series_id
"""
    return ask(connection, query, parameters, name="levels of escape")


def has_reports(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether there is any escape report."""
    return bool(connection.execute("SELECT EXISTS (FROM escape_report)").fetchall()[0][0])


def builds(connection: duckdb.DuckDBPyConnection) -> Result:
    """The builds that escape reports are of."""
    return ask(
        connection, "SELECT DISTINCT build FROM escape_report WHERE build IS NOT NULL ORDER BY ALL", name="builds"
    )


def services(connection: duckdb.DuckDBPyConnection) -> Result:
    """The services that escape reports are of."""
    query = "SELECT DISTINCT service FROM escape_report WHERE service IS NOT NULL ORDER BY ALL"
    return ask(connection, query, name="services")


def verdicts(connection: duckdb.DuckDBPyConnection, *, service: str | None, build: str | None, limit: int) -> Result:
    """What escapes, or may, with what it costs: most live bytes first."""
    # Nothing to look for among the sites of a fleet where there is no report.
    limit = limit if has_reports(connection) else 0
    query = "FROM escape.heaviest(of_service := $service, of_build := $build) LIMIT $limit"
    return ask(connection, query, {"service": service, "build": build, "limit": limit}, name="verdicts")


def _is_place(*sides: str) -> str:
    """The condition that $place is the end of a file, or of that and its line, or column too, on one of some sides."""
    file = "concat(package, '/', base_name"
    lines = [f"{file}, ':', line{side}" for side in sides]
    columns = [f"{line}, ':', \"column{side}\"" for line, side in zip(lines, sides, strict=True)]
    return f"({' OR '.join(f'main.is_place({one}), $place)' for one in (file, *lines, *columns))})"
