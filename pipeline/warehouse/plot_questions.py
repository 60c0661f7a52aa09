"""What pictures ask besides."""

from __future__ import annotations

import duckdb

from pipeline.values import Result
from pipeline.warehouse.query import ask


def size_classes(
    connection: duckdb.DuckDBPyConnection,
    *,
    service: str | None = None,
    instance: str | None = None,
    build: str | None = None,
) -> Result:
    """The size classes that hold most live bytes, small ones first, of the process that holds most of all."""
    query = "FROM alloc.largest_process(of_service := $service, of_instance := $instance, of_build := $build)"
    return ask(connection, query, {"service": service, "instance": instance, "build": build}, name="size classes")


def sources_with_spans(connection: duckdb.DuckDBPyConnection) -> Result:
    """The files that tell what spans of each size class hold."""
    return ask(connection, "SELECT DISTINCT source_id FROM alloc.span_heatmap", name="sources", described=False)
