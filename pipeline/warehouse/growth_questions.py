"""What is asked of growth: by site, by class, by the program's own code and by module, of whole series or from one profile to another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import duckdb
import pyarrow as pa

from pipeline.values import Result
from pipeline.warehouse.query import ask
from pipeline.warehouse.sample_values import values_of

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
# Candidates by what the compiler says of them.
_TOLD = """
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
"""
_GROWTH = f"""
WITH sites AS (
  SELECT *
  FROM {{sites}}
  WHERE $limit IS NULL OR growth_bytes <> 0
  QUALIFY $limit IS NULL
    OR row_number() OVER (PARTITION BY series_id ORDER BY growth_bytes DESC, file, line, site_index) <= $limit
),
{_TOLD}
ORDER BY sites.series_id, sites.growth_bytes DESC, sites.file, sites.line, sites.site_index
"""


def top_growth(connection: duckdb.DuckDBPyConnection, series_id: int, most: int) -> tuple[Result, Result]:
    """So many sites of a series that grew or shrank, those that grew most first, and the others added up."""
    parameters = {"series": series_id, "most": most}
    rest = ask(connection, _OTHERS.format(changed=_CHANGED), parameters, name="other sites")
    top = ask(connection, _TOP.format(changed=_CHANGED), parameters, name="growth")
    sites = top.table["site_index"].to_pylist()
    if top.table["candidates"].null_count < len(sites):
        top = ask(connection, _TOP_TOLD.format(changed=_CHANGED), parameters, name="growth")
    histories = _histories(connection, series_id, sites)
    kept = [name for name in top.table.column_names if name != "site_index"]
    return Result(top.name, top.columns, top.table.select(kept).append_column("history", histories)), rest


def _histories(
    connection: duckdb.DuckDBPyConnection, series_id: int, sites: Sequence[int]
) -> pa.ChunkedArray[pa.ListScalar[pa.Int64Scalar]]:
    """As `attribution.site_history` has them, of these sites in their order: the samples of this series alone are read."""
    query = "SELECT profile_id, moment FROM attribution._history WHERE series_id = $series ORDER BY moment"
    moments = ask(connection, query, {"series": series_id}, name="moments", described=False).table
    profiles = moments["profile_id"].to_pylist()
    values = values_of(connection, profiles, "inuse_space")
    parameters = {
        "series": series_id,
        "sites": list(sites),
        "profiles": profiles,
        "moments": moments["moment"].to_pylist(),
    }
    found = ask(connection, _HISTORIES.format(values=values), parameters, name="histories", described=False).table
    return found["history"]


_HISTORIES = """
WITH moments AS (SELECT unnest($profiles::INTEGER[]) AS profile_id, unnest($moments::INTEGER[]) AS moment),
sites AS (SELECT unnest($sites::INTEGER[]) AS site_index, unnest(range(len($sites))) AS place),
live AS (
  SELECT own.site_index, moments.moment, int64.clamp(SUM(sample.value)) AS inuse_bytes
  FROM ({values}) AS sample
  JOIN moments USING (profile_id)
  JOIN (
    SELECT stack_id, site_index
    FROM attribution._allocation
    WHERE series_id = $series AND list_contains($sites, site_index)
  ) AS own USING (stack_id)
  GROUP BY own.site_index, moments.moment
)
SELECT list(coalesce(live.inuse_bytes, 0) ORDER BY moments.moment) AS history
FROM sites
CROSS JOIN moments
LEFT JOIN live USING (site_index, moment)
GROUP BY sites.place
ORDER BY sites.place
"""
_CHANGED = """
  FROM attribution.growth_by_site
  WHERE series_id = $series AND growth_bytes <> 0
  ORDER BY growth_bytes DESC, file, line, site_index
"""
_TOP = "SELECT * {changed} LIMIT $most"
_TOP_TOLD = f"""
WITH sites AS MATERIALIZED (
  SELECT * {{changed}} LIMIT $most
),
{_TOLD}
ORDER BY sites.growth_bytes DESC, sites.file, sites.line, sites.site_index
"""
_OTHERS = """
SELECT
  $series::INTEGER AS series_id,
  COUNT(*) AS sites,
  int64.clamp(SUM(growth_bytes)) AS growth_bytes,
  SUM(growth_share) AS growth_share
FROM (SELECT growth_bytes, growth_share {changed} OFFSET $most)
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
    query, parameters = _grown(connection, series_ids, window, where=_NEAREST)
    return ask(connection, query, parameters, name="growth by own code")


def growth_by_module(
    connection: duckdb.DuckDBPyConnection, series_ids: Sequence[int], window: Window | None = None
) -> Result:
    """Growth of some series by the module that allocated, those that grew most first."""
    query, parameters = _grown(connection, series_ids, window, where=_LEAVES)
    return ask(connection, query, parameters, name="growth by module")


# What some series gained, stack by stack. Of the tables themselves, of which the blocks of these series alone are read.
_GROWN = """
WITH sides AS (
  SELECT unnest($series::INTEGER[]) AS series_id, unnest($profiles::INTEGER[]) AS profile_id, unnest($signs::INTEGER[]) AS sign
),
grown AS MATERIALIZED (
  SELECT series_id, stack_id, int64.clamp(SUM(sign * value::HUGEINT)) AS growth_bytes
  FROM ({values})
  JOIN sides USING (profile_id)
  GROUP BY series_id, stack_id
  HAVING SUM(sign * value::HUGEINT) <> 0
),
{where}
"""
_LINES = """
lines AS (
  SELECT location_id, unnest(lines) AS line, unnest(range(len(lines))) AS depth
  FROM (
    SELECT location_id, CASE WHEN len(location.lines) > 0 THEN location.lines ELSE symbolised.lines END AS lines
    FROM location
    LEFT JOIN symbolised_location AS symbolised USING (location_id)
    WHERE location_id IN (SELECT location_id FROM frames)
  )
),
"""
_LEAVES = f"""
frames AS (
  SELECT stack_id, location_ids[1] AS location_id
  FROM stack
  WHERE stack_id IN (SELECT stack_id FROM grown)
),
{_LINES}
leaves AS (
  SELECT frames.stack_id, modules.module, modules.version, modules.is_own
  FROM frames
  JOIN lines USING (location_id)
  JOIN attribution._module AS modules ON modules.function_id = lines.line.function_id
  WHERE lines.depth = 0
)
SELECT
  series_id,
  leaves.module,
  leaves.version,
  coalesce(leaves.is_own, false) AS is_own,
  int64.clamp(SUM(growth_bytes)) AS growth_bytes,
  int64.clamp(SUM(growth_bytes)) / nullif(int64.clamp(SUM(SUM(growth_bytes)) OVER (PARTITION BY series_id)), 0)
    AS growth_share
FROM grown
LEFT JOIN leaves USING (stack_id)
GROUP BY series_id, leaves.module, leaves.version, leaves.is_own
ORDER BY series_id, growth_bytes DESC, leaves.module, leaves.version
"""
_NEAREST = f"""
frames AS (
  SELECT stack_id, unnest(location_ids) AS location_id, unnest(range(len(location_ids))) AS place
  FROM stack
  WHERE stack_id IN (SELECT stack_id FROM grown)
),
{_LINES}
own AS (
  SELECT location_id, arg_min(lines.line, lines.depth) AS line
  FROM lines
  JOIN attribution._module AS modules ON modules.function_id = lines.line.function_id
  WHERE modules.is_own
  GROUP BY location_id
),
nearest AS (
  SELECT frames.stack_id, arg_min(own.line, frames.place) AS line, MIN(frames.place) = 0 AS is_leaf
  FROM frames
  JOIN own USING (location_id)
  GROUP BY frames.stack_id
),
told AS (
  SELECT
    grown.*,
    function.name AS function,
    nullif(function.file, '') AS file,
    nullif(nearest.line.line, 0) AS line,
    nearest.is_leaf
  FROM grown
  LEFT JOIN nearest USING (stack_id)
  LEFT JOIN function ON function.function_id = nearest.line.function_id
)
SELECT
  series_id,
  function,
  file,
  line,
  int64.clamp(SUM(growth_bytes)) AS growth_bytes,
  int64.clamp(SUM(growth_bytes)) / nullif(int64.clamp(SUM(SUM(growth_bytes)) OVER (PARTITION BY series_id)), 0)
    AS growth_share,
  int64.clamp(SUM(CASE WHEN is_leaf THEN growth_bytes ELSE 0 END)) AS flat_growth_bytes
FROM told
GROUP BY series_id, function, file, line
ORDER BY series_id, growth_bytes DESC, file, line, function
"""


def _grown(
    connection: duckdb.DuckDBPyConnection, series_ids: Sequence[int], window: Window | None, *, where: str
) -> tuple[str, dict[str, object]]:
    """The query behind what some series gained, and its parameters."""
    if window:
        series, one, other = list(series_ids), [window[0]], [window[1]]
    else:
        query = """
        SELECT series_id, first_profile_id, last_profile_id
        FROM heap.series
        WHERE profiles > 1 AND series_id IN (SELECT unnest($ids::INTEGER[]))
        """
        ends = ask(connection, query, {"ids": list(series_ids)}, described=False).table
        names = ("series_id", "first_profile_id", "last_profile_id")
        series, one, other = (ends[name].to_pylist() for name in names)
    values = values_of(connection, [*one, *other], "inuse_space")
    parameters: dict[str, object] = {
        "series": series * 2,
        "profiles": [*one, *other],
        "signs": [-1] * len(one) + [1] * len(other),
    }
    return _GROWN.format(values=values, where=where), parameters


def _of(series_ids: Sequence[int], window: Window | None) -> dict[str, object]:
    if window is None:
        return {"ids": list(series_ids)}
    (series_id,) = series_ids
    return {"series": series_id, "first": window[0], "last": window[1]}
