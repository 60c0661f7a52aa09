"""What the server asks for its overview and its metrics: the newest of everything."""

from __future__ import annotations

import duckdb

from pipeline.values import Result
from pipeline.warehouse.query import ask

# More than that is no dashboard.
_MOST = 1_000
_TOP_SITES = 5


def newest_series(connection: duckdb.DuckDBPyConnection) -> Result:
    """The last series of heap profiles of every service, instance, build and kind, the most growth first."""
    query = f"""
    SELECT *, epoch(last_at) AS last_s, labels::VARCHAR AS label_text
    FROM heap.series
    SEMI JOIN heap._newest USING (series_id)
    ORDER BY growth_bytes DESC, series_id
    LIMIT {_MOST}
    """
    return ask(connection, query, name="series")


def newest_headroom(connection: duckdb.DuckDBPyConnection) -> Result:
    """What is left to every process until its limit, the least first."""
    query = (
        f"FROM mem.headroom WHERE headroom_bytes IS NOT NULL ORDER BY headroom_bytes, source_id, process LIMIT {_MOST}"
    )
    return ask(connection, query, name="headroom")


def explained_shares(connection: duckdb.DuckDBPyConnection) -> Result:
    """Growth of every service and build by class of attribution, over all of its series."""
    query = f"FROM attribution.coverage_by_build ORDER BY service, build, attribution LIMIT {_MOST}"
    return ask(connection, query, name="coverage")


def inputs_by_status(connection: duckdb.DuckDBPyConnection) -> Result:
    """How many inputs went in, were refused, or are gone."""
    query = "SELECT status, coalesce(format, '') AS format, COUNT(*) AS inputs FROM source GROUP BY ALL ORDER BY ALL"
    return ask(connection, query, name="inputs")


def notes_by_kind(connection: duckdb.DuckDBPyConnection) -> Result:
    """What was odd about inputs."""
    query = "SELECT kind, severity, int64.clamp(SUM(count)) AS count FROM ingest_note GROUP BY ALL ORDER BY ALL"
    return ask(connection, query, name="notes")


def services(connection: duckdb.DuckDBPyConnection) -> Result:
    """Every service: its series, instances and builds, its live heap and how that grew, the most growth first."""
    query = f"FROM inventory.services ORDER BY growth_bytes DESC, service LIMIT {_MOST}"
    return ask(connection, query, name="services")


def grown_most(connection: duckdb.DuckDBPyConnection, most: int) -> Result:
    """So many series of heap profiles, the most growth first."""
    query = f"SELECT series_id FROM heap.series WHERE profiles > 1 ORDER BY growth_bytes DESC, series_id LIMIT {most:d}"
    return ask(connection, query, name="series", described=False)


def top_sites(connection: duckdb.DuckDBPyConnection) -> Result:
    """The allocation sites that grew most in the newest series that grew most: what grew, and why."""
    newest = "FROM heap.series SEMI JOIN heap._newest USING (series_id) WHERE profiles > 1"
    query = f"""
    SELECT sites.*, newest.growth_bytes AS series_growth_bytes, newest.first_at, newest.last_at
    FROM attribution.growth_by_site AS sites
    JOIN ({newest} ORDER BY growth_bytes DESC, series_id LIMIT 1) AS newest USING (series_id)
    WHERE sites.growth_bytes > 0
    ORDER BY sites.growth_bytes DESC, sites.file, sites.line, sites.site_index
    LIMIT {_TOP_SITES}
    """
    return ask(connection, query, name="top sites")


def profiled_series(connection: duckdb.DuckDBPyConnection) -> Result:
    """Every series that has a profile, and how its heap grew: those that grew most first, then the others."""
    query = "FROM inventory.series ORDER BY growth_bytes DESC NULLS LAST, series_id LIMIT 10000"
    return ask(connection, query, name="series")
