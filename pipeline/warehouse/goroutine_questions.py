"""The questions about goroutine profiles and dumps, each one query, each answered as a Result."""

from __future__ import annotations

from datetime import datetime

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.values import Int64s, Result
from pipeline.warehouse.query import ask, equal, where

# What they stand on: a database that is made for one of them has no other views.
VIEWS = ("int64.clamp", "goroutine.series", "goroutine.growth", "goroutine.growth_between", "main.is_named")


def growth(
    connection: duckdb.DuckDBPyConnection,
    *,
    service: str | None = None,
    instance: str | None = None,
    build: str | None = None,
    source: str | None = None,
    function: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    of: pa.Table | None = None,
) -> Result:
    """Places that goroutines are at with their stacks, leaf first: of the series that grew most the first, of it the one that grew most.

    source    protobuf, text or dump; None for all
    function  that they are in, were started with or by, with or without what stands before a dot or a slash
    since, until  as if there were only what was taken in that span, UTC
    of        rows of `series`, of which alone the places are worked out; all when None
    """
    places = of.select(["series_id", "source"]).to_pylist() if of is not None else None
    ids = [place["series_id"] for place in places] if places is not None else None
    chosen, parameters = where(
        {
            **equal(service=service, instance=instance, build=build, source=source),
            "places": ("list_contains($places, {'series_id': series_id, 'source': source})", places),
            "function": (_IN_FUNCTION, function),
        }
    )
    query = f"FROM goroutine.growth_between($since, $until, series_ids := $series){chosen}{_ORDER}"
    parameters |= {"since": since, "until": until, "series": ids}
    return ask(connection, query, parameters, name="goroutines")


_IN_FUNCTION = (
    "(is_named(function, $function) OR is_named(root_function, $function) OR is_named(created_by, $function))"
)


def top_growth(
    connection: duckdb.DuckDBPyConnection,
    most: int,
    *,
    function: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    **owner: str | None,
) -> tuple[Result, int]:
    """`growth` of so many series, those that grew most, and how many others there are.

    owner  service, instance, build and source; None for any
    """
    if function is not None or since is not None or until is not None:
        found = growth(connection, function=function, since=since, until=until, **owner)
        ends = _ends(found.table)
        return found.first(int(ends[:most].max(initial=0))), max(len(ends) - most, 0)
    every = series(connection).table
    for name, wanted in owner.items():
        if wanted is not None:
            every = every.filter(pc.equal(every[name], wanted))
    return growth(connection, of=every.slice(0, most)), max(every.num_rows - most, 0)


def _ends(rows: pa.Table) -> Int64s:
    """Behind which row each series and source ends."""
    series_ids, sources = (rows[name].to_numpy() for name in ("series_id", "source"))
    is_last = np.ones(len(series_ids), np.bool_)
    is_last[:-1] = (series_ids[1:] != series_ids[:-1]) | (sources[1:] != sources[:-1])
    return np.flatnonzero(is_last) + 1


def series(connection: duckdb.DuckDBPyConnection) -> Result:
    """Series and source that there are goroutines of, with the sums of their places: those that grew most first, as in `growth`.

    No place is looked at: a sum over places is one over a moment.
    """
    query = "FROM goroutine.series ORDER BY growth DESC, last_count DESC, series_id, source"
    return ask(connection, query, name="series", described=False)


_ORDER = """
ORDER BY
  SUM(growth) OVER (PARTITION BY series_id, source) DESC,
  SUM(last_count) OVER (PARTITION BY series_id, source) DESC,
  series_id, source, coalesce(leaked, 0) > 0 DESC, growth DESC, last_count DESC, file, line, stack_id, state,
  created_by, created_file, created_line
"""
