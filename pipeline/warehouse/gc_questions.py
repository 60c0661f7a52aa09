"""The questions about garbage collection and memory, each one query, each answered as a Result."""

from __future__ import annotations

import duckdb

from pipeline.values import Result
from pipeline.warehouse.query import ask, equal, where

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
    chosen, owner = where(equal(service=service, instance=instance, build=build))
    query = f"FROM gc.summary{chosen}\nORDER BY cycles DESC, uri, process"
    return ask(connection, query, owner, name="garbage collection")


def memory(
    connection: duckdb.DuckDBPyConnection,
    *,
    service: str | None = None,
    instance: str | None = None,
    build: str | None = None,
) -> Result:
    """What each process uses memory for, those that use most first."""
    chosen, owner = where(equal(service=service, instance=instance, build=build))
    query = f"FROM mem.summary{chosen}\nORDER BY used_bytes DESC NULLS LAST, uri, process"
    return ask(connection, query, owner, name="memory")


def memory_over_time(connection: duckdb.DuckDBPyConnection, source: str, source_id: int, process: int | None) -> Result:
    """What all files with a process's labels say that memory was used for, moment by moment; the last of very many."""
    query = f"""
    FROM (
      SELECT accounting.*, epoch(accounting.taken_at) AS taken_s
      FROM mem.accounting AS accounting
      JOIN process AS owner USING (source_id, process)
      WHERE accounting.source = $source
        AND owner.labels = (SELECT labels FROM process WHERE source_id = $source_id AND process = $process)
        -- What does not say when it was stands in no order with other files.
        AND (accounting.taken_at IS NOT NULL OR (accounting.source_id, accounting.process) = ($source_id, $process))
      ORDER BY accounting.taken_at DESC, accounting.source_id DESC, accounting.position DESC
      LIMIT {_MOST_MOMENTS}
    )
    ORDER BY taken_at, source_id, position
    """
    return ask(
        connection, query, {"source": source, "source_id": source_id, "process": process}, name="memory over time"
    )


def cycles(connection: duckdb.DuckDBPyConnection, source: str, source_id: int, process: int | None) -> Result:
    """What began each cycle of a process, with heap and goal, the last ones of very many."""
    query = _LAST.format(view="gc.trigger", order="cycle")
    return ask(connection, query, {"source": source, "source_id": source_id, "process": process}, name="GC cycles")


def pauses(connection: duckdb.DuckDBPyConnection, source: str, source_id: int, process: int | None) -> Result:
    """How long a process was stopped each time, the last ones of very many."""
    query = _LAST.format(view="gc.pause", order="pause_index")
    return ask(connection, query, {"source": source, "source_id": source_id, "process": process}, name="pauses")


def pacer(connection: duckdb.DuckDBPyConnection, source_id: int, process: int | None) -> Result:
    """What the pacer aimed at in each cycle and what came of it, the last ones of very many."""
    query = f"""
    FROM (
      FROM gc.pacer
      WHERE {_PARTS}
      ORDER BY cycle_index DESC
      LIMIT {_MOST_MOMENTS}
    )
    ORDER BY cycle_index
    """
    return ask(connection, query, {"source_id": source_id, "process": process}, name="pacer")


def size_classes(connection: duckdb.DuckDBPyConnection, source_id: int) -> Result:
    """Bytes of spans by size class and moment of a file, the last moments of very many; those of large objects first."""
    query = f"""
    SELECT position, taken_at, size_class, object_bytes, span_bytes
    FROM alloc.span_heatmap
    WHERE source_id = $source_id
    QUALIFY dense_rank() OVER (ORDER BY position DESC) <= {_MOST_COLUMNS}
    ORDER BY object_bytes DESC NULLS FIRST, size_class, position
    """
    return ask(connection, query, {"source_id": source_id}, name="size classes")


# More points than a chart has room for.
_MOST_MOMENTS = 4_000
# Of a heat map.
_MOST_COLUMNS = 64

# Of a log that was rotated, all parts.
_PARTS = """(
    (source_id = $source_id AND process IS NOT DISTINCT FROM $process)
    OR (source_id, process) IN (
      SELECT source_id, process FROM clock._log_part WHERE log_source_id = $source_id AND log_process = $process
    )
  )"""

_LAST = f"""
FROM (
  FROM {{view}}
  WHERE source = $source AND {_PARTS}
  ORDER BY {{order}} DESC
  LIMIT {_MOST_MOMENTS}
)
ORDER BY {{order}}
"""
