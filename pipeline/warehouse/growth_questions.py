"""What is asked of growth: by site, by class, by the program's own code and by module, of whole series or from one profile to another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import duckdb

from pipeline.values import Result
from pipeline.warehouse.query import ask

# For who asks the same elsewhere.
BETWEEN = "FROM attribution.growth_by_site_between({}, {}, {}) ORDER BY growth_bytes DESC"
# Two profiles of a series, the earlier one first.
Window: TypeAlias = tuple[int, int]


def growth(
    connection: duckdb.DuckDBPyConnection,
    series_ids: Sequence[int],
    *,
    limit: int | None = None,
    window: Window | None = None,
) -> Result:
    """Allocation sites of some series, those that grew most first.

    limit   so many of each series, and of those that grew or shrank; None for all
    window  of one series: from this profile to that
    """
    parameters = {"limit": limit, **_of(series_ids, window)}
    return ask(
        connection, _GROWTH.format(sites=_SITES if window is None else _SITES_BETWEEN), parameters, name="growth"
    )


_SITES = """
(
  SELECT sites.*, histories.history
  FROM attribution.growth_by_site AS sites
  LEFT JOIN attribution.site_history AS histories USING (series_id, site_index)
  WHERE series_id IN (SELECT unnest($ids))
)
"""
_SITES_BETWEEN = "attribution.growth_by_site_between($series, $first, $last)"
_GROWTH = """
WITH sites AS (
  SELECT *
  FROM {sites}
  WHERE $limit IS NULL OR growth_bytes <> 0
  QUALIFY $limit IS NULL
    OR row_number() OVER (PARTITION BY series_id ORDER BY growth_bytes DESC, file, line, site_index) <= $limit
),
known AS (
  SELECT list({{'escape_site_id': escape_site_id, 'message': message}}) AS records
  FROM escape.site
  WHERE escape_site_id IN (SELECT unnest(candidates) FROM sites)
)
SELECT
  sites.* EXCLUDE (site_index, candidates),
  list_transform(
    sites.candidates,
    lambda candidate: list_filter(known.records, lambda record: record.escape_site_id = candidate)[1].message
  ) AS candidates
FROM sites
CROSS JOIN known
ORDER BY sites.series_id, sites.growth_bytes DESC, sites.file, sites.line, sites.site_index
"""


def coverage(connection: duckdb.DuckDBPyConnection, series_ids: Sequence[int], window: Window | None = None) -> Result:
    """How much of each series' growth every attribution class explains."""
    query = "FROM attribution.coverage WHERE series_id IN (SELECT unnest($ids)) ORDER BY series_id, growth_bytes DESC, attribution"
    return ask(connection, query if window is None else _COVERAGE_BETWEEN, _of(series_ids, window), name="coverage")


_COVERAGE_BETWEEN = """
SELECT
  $series AS series_id,
  attribution,
  int64.clamp(SUM(growth_bytes)) AS growth_bytes,
  int64.clamp(SUM(growth_bytes)) / nullif(int64.clamp(SUM(SUM(growth_bytes)) OVER ()), 0) AS share
FROM attribution.growth_by_site_between($series, $first, $last)
GROUP BY attribution
ORDER BY growth_bytes DESC, attribution
"""


def in_window(connection: duckdb.DuckDBPyConnection, series: Result, window: Window) -> Result:
    """A series as it is from one of its profiles to a later one: what `heap.series` says of it, of that time."""
    query = """
    WITH span AS (
      SELECT profiles.*
      FROM heap.profiles AS profiles
      JOIN heap.profiles AS first ON first.profile_id = $first AND first.series_id = profiles.series_id
      JOIN heap.profiles AS last ON last.profile_id = $last AND last.series_id = profiles.series_id
      WHERE profiles.series_id = $series AND profiles.position BETWEEN first.position AND last.position
    )
    SELECT
      series.* EXCLUDE (labels) REPLACE (
        (SELECT COUNT(*) FROM span) AS profiles,
        (SELECT MIN(taken_at) FROM span) AS first_at,
        (SELECT MAX(taken_at) FROM span) AS last_at,
        $first::INTEGER AS first_profile_id,
        $last::INTEGER AS last_profile_id,
        (SELECT arg_min(inuse_bytes, position) FROM span) AS first_bytes,
        (SELECT arg_max(inuse_bytes, position) FROM span) AS last_bytes,
        (SELECT int64.clamp(arg_max(inuse_bytes, position)::HUGEINT - arg_min(inuse_bytes, position)) FROM span)
          AS growth_bytes,
        (SELECT CASE WHEN MAX(elapsed_s) > MIN(elapsed_s) THEN regr_slope(inuse_bytes, elapsed_s) END FROM span)
          AS slope_bytes_per_s,
        (SELECT CASE WHEN MAX(elapsed_s) > MIN(elapsed_s) THEN regr_r2(inuse_bytes, elapsed_s) END FROM span) AS r2
      ),
      series.labels::VARCHAR AS label_text
    FROM heap.series AS series
    WHERE series.series_id = $series
    """
    return ask(connection, query, _of(series.table["series_id"].to_pylist(), window), name="series")


def growth_by_own_code(
    connection: duckdb.DuckDBPyConnection, series_ids: Sequence[int], window: Window | None = None
) -> Result:
    """Growth of some series by the nearest line of the program's own code, those that grew most first."""
    query = f"""
    {_GROWN}
    SELECT
      series_id,
      nearest.function,
      nearest.file,
      nearest.line,
      int64.clamp(SUM(growth_bytes)) AS growth_bytes,
      int64.clamp(SUM(growth_bytes)) / nullif(any_value(series_bytes), 0) AS growth_share,
      int64.clamp(SUM(CASE WHEN nearest.is_leaf THEN growth_bytes ELSE 0 END)) AS flat_growth_bytes
    FROM grown
    LEFT JOIN attribution._own_frame((SELECT list(stack_id) FROM grown)) AS nearest USING (stack_id)
    GROUP BY series_id, nearest.function, nearest.file, nearest.line
    ORDER BY series_id, growth_bytes DESC, nearest.file, nearest.line, nearest.function
    """
    return ask(connection, query, _pairs(series_ids, window), name="growth by own code")


def growth_by_module(
    connection: duckdb.DuckDBPyConnection, series_ids: Sequence[int], window: Window | None = None
) -> Result:
    """Growth of some series by the module that allocated, those that grew most first."""
    query = f"""
    {_GROWN}
    SELECT
      series_id,
      leaves.module,
      leaves.version,
      coalesce(leaves.is_own, false) AS is_own,
      int64.clamp(SUM(growth_bytes)) AS growth_bytes,
      int64.clamp(SUM(growth_bytes)) / nullif(any_value(series_bytes), 0) AS growth_share
    FROM grown
    LEFT JOIN attribution._leaf_module((SELECT list(stack_id) FROM grown)) AS leaves USING (stack_id)
    GROUP BY series_id, leaves.module, leaves.version, leaves.is_own
    ORDER BY series_id, growth_bytes DESC, leaves.module, leaves.version
    """
    return ask(connection, query, _pairs(series_ids, window), name="growth by module")


# What some series gained, stack by stack: only their stacks are unfolded, where the views unfold those of all.
_GROWN = """
WITH ends AS (
  SELECT list({
    'series_id': series_id,
    'first_profile_id': coalesce($first, first_profile_id),
    'last_profile_id': coalesce($last, last_profile_id)
  }) AS pairs
  FROM heap.series
  WHERE list_contains($ids, series_id) AND profiles > 1
),
grown AS MATERIALIZED (
  SELECT *, int64.clamp(SUM(growth_bytes) OVER (PARTITION BY series_id)) AS series_bytes
  FROM heap._grown_between((SELECT pairs FROM ends))
)
"""


def _pairs(series_ids: Sequence[int], window: Window | None) -> dict[str, object]:
    first, last = window or (None, None)
    return {"ids": list(series_ids), "first": first, "last": last}


def _of(series_ids: Sequence[int], window: Window | None) -> dict[str, object]:
    if window is None:
        return {"ids": list(series_ids)}
    (series_id,) = series_ids
    return {"series": series_id, "first": window[0], "last": window[1]}
