"""What pictures ask besides."""

from __future__ import annotations

import duckdb

from pipeline.values import Result
from pipeline.warehouse.query import ask

# More bars are no picture.
_MOST_CLASSES = 20


def size_classes(
    connection: duckdb.DuckDBPyConnection,
    *,
    service: str | None = None,
    instance: str | None = None,
    build: str | None = None,
) -> Result:
    """The size classes that hold most live bytes, small ones first, of the process that holds most of all."""
    query = f"""
    WITH wanted AS (
      FROM alloc.size_class
      WHERE ($service IS NULL OR service = $service)
        AND ($instance IS NULL OR instance = $instance)
        AND ($build IS NULL OR build = $build)
    ),
    process AS (
      SELECT source, source_id, process, series_id
      FROM wanted
      GROUP BY ALL
      ORDER BY int64.clamp(SUM(inuse_bytes)) DESC, source, source_id, process, series_id
      LIMIT 1
    )
    FROM (
      SELECT wanted.*
      FROM wanted
      SEMI JOIN process
        ON wanted.source = process.source
        AND wanted.source_id = process.source_id
        AND wanted.process = process.process
        AND wanted.series_id IS NOT DISTINCT FROM process.series_id
      WHERE inuse_bytes > 0
      ORDER BY inuse_bytes DESC, size_class
      LIMIT {_MOST_CLASSES}
    )
    -- Large objects are of no class, and larger than all that are.
    ORDER BY size_class = 0, size_class
    """
    return ask(connection, query, {"service": service, "instance": instance, "build": build}, name="size classes")


def sources_with_spans(connection: duckdb.DuckDBPyConnection) -> Result:
    """The files that tell what spans of each size class hold."""
    return ask(connection, "SELECT DISTINCT source_id FROM alloc.span_heatmap", name="sources", described=False)
