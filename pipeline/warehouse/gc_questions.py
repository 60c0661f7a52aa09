"""The questions about garbage collection and memory, each one query, each answered as a Result."""

from __future__ import annotations

import duckdb

from pipeline.values import Result
from pipeline.warehouse.query import ask

# What they stand on: a database that is made for one of them has no other views.
VIEWS = ("int64.clamp", "gc.summary", "mem.summary")


def collector(
    connection: duckdb.DuckDBPyConnection,
    *,
    service: str | None = None,
    instance: str | None = None,
    build: str | None = None,
) -> Result:
    """What the collector did in each process of a log and each trace, those with most cycles first."""
    query = f"FROM gc.summary {_OWNED} ORDER BY cycles DESC, uri, process"
    return ask(connection, query, {"service": service, "instance": instance, "build": build}, name="garbage collection")


def memory(
    connection: duckdb.DuckDBPyConnection,
    *,
    service: str | None = None,
    instance: str | None = None,
    build: str | None = None,
) -> Result:
    """What each process uses memory for, those that use most first."""
    query = f"FROM mem.summary {_OWNED} ORDER BY used_bytes DESC NULLS LAST, uri, process"
    return ask(connection, query, {"service": service, "instance": instance, "build": build}, name="memory")


_OWNED = """
WHERE ($service IS NULL OR service = $service)
  AND ($instance IS NULL OR instance = $instance)
  AND ($build IS NULL OR build = $build)
"""
