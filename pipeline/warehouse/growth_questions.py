"""What is asked of growth: by site, by class, by the program's own code and by module, of whole series or from one profile to another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeAlias

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.values import Question, Result
from pipeline.warehouse.query import ask
from pipeline.warehouse.runnable import runnable
from pipeline.warehouse.sample_values import Layouts, values_of

# For who asks the same elsewhere.
BETWEEN = "FROM attribution.growth_by_site_between({}, {}, {}) ORDER BY growth_bytes DESC"
# Two profiles of a series, the earlier one first.
Window: TypeAlias = tuple[int, int]


class OfSeries(Protocol):
    """What is asked of some series, or of one of them from one of its profiles to another."""

    def __call__(
        self, connection: duckdb.DuckDBPyConnection, series_ids: Sequence[int], *, window: Window | None = None
    ) -> Result: ...


def windows_of(series: Sequence[Mapping[str, int]]) -> dict[int, Window]:
    """From the first to the last profile of each series, as `questions.series` has them."""
    return {one["series_id"]: (one["first_profile_id"], one["last_profile_id"]) for one in series}


def in_windows(question: OfSeries, connection: duckdb.DuckDBPyConnection, windows: Mapping[int, Window]) -> Result:
    """The answer to a question of each series within its own window, one below the other."""
    answers = [question(connection, [series_id], window=window) for series_id, window in windows.items()]
    if not answers:
        return question(connection, [])
    asked = [one.question for one in answers if one.question]
    texts = [f"({runnable(one)})" for one in asked]
    joined = asked[0] if len(asked) == 1 else Question("\nUNION ALL\n".join(texts), {})
    return replace(answers[0], table=pa.concat_tables([one.table for one in answers]), question=joined)


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
    call = "growth($ids" if window is None else "growth_between($series, $first, $last"
    parameters = _of(series_ids, window)
    if limit is not None:
        call += ", most := $limit"
        parameters["limit"] = limit
    # A number of the site changes when data is added.
    return ask(connection, f"SELECT * EXCLUDE (site_index) FROM attribution.{call})", parameters, name="growth")


@dataclass(frozen=True, slots=True)
class TopSites:
    """So many sites of a series that grew or shrank, those that grew most first; the others added up; and what classes explain.

    rest      sites, growth_bytes, growth_share
    coverage  of `coverage`
    """

    sites: Result
    rest: Result
    coverage: Result

    @classmethod
    def of(cls, every: Result, series_id: int, most: int) -> TopSites:
        """Of all sites that grew or shrank."""
        others = every.table.slice(most)
        sums = {"sites": [others.num_rows], "growth_bytes": [_sum(others)]}
        shares = pc.sum(others["growth_share"], min_count=0).as_py()
        rest = pa.table({"series_id": [series_id], **sums, "growth_share": [shares]})
        return cls(every.first(most), Result("other sites", (), rest), _covered(every.table, series_id))


def _sum(sites: pa.Table) -> int:
    """What they gained, clamped as the views do."""
    return min(max(sum(sites["growth_bytes"].to_pylist()), -(1 << 63)), (1 << 63) - 1)


def _covered(sites: pa.Table, series_id: int) -> Result:
    """As `coverage` has it, of all sites of a series that grew or shrank."""
    in_all = _sum(sites)
    grown = {name: _sum(sites.filter(pc.equal(sites["attribution"], name))) for name in _CLASSES}
    columns = {
        "series_id": pa.array([series_id] * len(grown), pa.int32()),
        "attribution": pa.array(list(grown)),
        "growth_bytes": pa.array(list(grown.values()), pa.int64()),
        "share": pa.array([one / in_all if in_all else None for one in grown.values()], pa.float64()),
    }
    order = [("growth_bytes", "descending"), ("attribution", "ascending")]
    return Result("coverage", (), pa.table(columns).sort_by(order))


_CLASSES = ("ambiguous", "caller", "escape", "implicit", "unmatched", "unreported")


def top_growth(
    connection: duckdb.DuckDBPyConnection,
    series_id: int,
    most: int,
    *,
    profiles: Sequence[int],
    layouts: Layouts | None = None,
) -> TopSites:
    """What changed from the first to the last of its profiles, which are given oldest first; layouts are as in `values_of`."""
    # Once, and cut here: to plan the question takes longer than to read all sites of a series.
    found = TopSites.of(ask(connection, f"SELECT * {_CHANGED}", {"series": series_id}, name="growth"), series_id, most)
    top = found.sites
    sites = top.table["site_index"].to_pylist()
    moments = _thinned(profiles)
    values = values_of(connection, moments, "inuse_space", layouts=layouts)
    histories = _histories(connection, series_id, sites, profiles=moments, values=values)
    kept = [name for name in top.table.column_names if name != "site_index"]
    table = _told(connection, top.table).select(kept).append_column("history", histories)
    return replace(found, sites=Result(top.name, top.columns, table))


def _told(connection: duckdb.DuckDBPyConnection, sites: pa.Table) -> pa.Table:
    """Some sites, their candidates by what the compiler says of them."""
    candidates = sites["candidates"].to_pylist()
    records = sorted({record for each in candidates if each for record in each})
    if not records:
        return sites
    query = "SELECT escape_site_id, message FROM escape.site WHERE list_contains($records, escape_site_id)"
    found = ask(connection, query, {"records": records}, described=False).table
    messages = dict(zip(found["escape_site_id"].to_pylist(), found["message"].to_pylist(), strict=True))
    told = pa.array([each and [messages[record] for record in each] for each in candidates], pa.list_(pa.string()))
    return sites.set_column(sites.column_names.index("candidates"), "candidates", told)


def _thinned(profiles: Sequence[int]) -> list[int]:
    """At most 64 of them, as `attribution._history` takes them."""
    last = len(profiles) - 1
    if last < _MOMENTS:
        return list(profiles)
    # To the nearest place, half a place up.
    steps = 2 * (_MOMENTS - 1)
    return [profiles[(2 * moment * last + _MOMENTS - 1) // steps] for moment in range(_MOMENTS)]


def _histories(
    connection: duckdb.DuckDBPyConnection, series_id: int, sites: Sequence[int], *, profiles: Sequence[int], values: str
) -> pa.ChunkedArray[pa.ListScalar[pa.Int64Scalar]]:
    """As `attribution.site_history` has them, of these sites in their order: the samples of this series alone are read."""
    parameters = {
        "series": series_id,
        "sites": list(sites),
        "profiles": list(profiles),
        "moments": list(range(len(profiles))),
    }
    found = ask(connection, _HISTORIES.format(values=values), parameters, name="histories", described=False).table
    return found["history"]


# sql/attribution/_history.sql has as many.
_MOMENTS = 64
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


def site_counts(
    connection: duckdb.DuckDBPyConnection, series_ids: Sequence[int], *, window: Window | None = None
) -> Result:
    """How many allocation sites each of some series has."""
    sites = (
        "attribution.growth_by_site WHERE series_id IN (SELECT unnest($ids))"
        if window is None
        else "attribution.growth_by_site_between($series, $first, $last)"
    )
    query = f"SELECT series_id, COUNT(*) AS sites FROM {sites} GROUP BY series_id"
    return ask(connection, query, _of(series_ids, window), name="sites")


def coverage(
    connection: duckdb.DuckDBPyConnection, series_ids: Sequence[int], *, window: Window | None = None
) -> Result:
    """How much of each series' growth every attribution class explains."""
    if window is None:
        query = "FROM attribution.coverage WHERE list_contains($ids, series_id) ORDER BY series_id, growth_bytes DESC, attribution"
    else:
        query = "FROM attribution.coverage_between($series, $first, $last)"
    return ask(connection, query, _of(series_ids, window), name="coverage")


def misfits(
    connection: duckdb.DuckDBPyConnection, series_ids: Sequence[int], *, window: Window | None = None
) -> Result:
    """Reports and executables with the labels of series that are of another build, and what shows it; in a window as in all."""
    query = """
    SELECT series.series_id, misfit.kind, source.uri, misfit.reason
    FROM attribution.misfit
    JOIN source USING (source_id)
    JOIN heap.series AS series
      -- NULL labels are labels too.
      ON series.service IS NOT DISTINCT FROM misfit.service AND series.build IS NOT DISTINCT FROM misfit.build
    WHERE list_contains($ids, series.series_id)
    ORDER BY ALL
    """
    return ask(connection, query, {"ids": list(series_ids)}, name="misfits", described=False)


def within(connection: duckdb.DuckDBPyConnection, profile_ids: Sequence[int]) -> Result:
    """The series of some profiles as if there were only these, as `questions.series` has it."""
    query = """
    SELECT * EXCLUDE (labels), labels::VARCHAR AS label_text
    FROM heap.series_between(NULL, NULL, profile_ids := $profiles)
    """
    return ask(connection, query, {"profiles": list(profile_ids)}, name="series")


def growth_by_own_code(
    connection: duckdb.DuckDBPyConnection, series_ids: Sequence[int], *, window: Window | None = None
) -> Result:
    """Growth of some series by the nearest line of the program's own code, those that grew most first."""
    return _between(connection, "attribution.own_code_between", series_ids, window, name="growth by own code")


def growth_by_module(
    connection: duckdb.DuckDBPyConnection, series_ids: Sequence[int], *, window: Window | None = None
) -> Result:
    """Growth of some series by the module that allocated, those that grew most first."""
    return _between(connection, "attribution.modules_between", series_ids, window, name="growth by module")


def _between(
    connection: duckdb.DuckDBPyConnection, macro: str, series_ids: Sequence[int], window: Window | None, *, name: str
) -> Result:
    """What a macro says of some series, from the first profile to the last, or of one within a window."""
    if window is None:
        return ask(connection, f"FROM {macro}(heap.ends($ids))", {"ids": list(series_ids)}, name=name)
    (series_id,) = series_ids
    ends = [{"series_id": series_id, "first_profile_id": window[0], "last_profile_id": window[1]}]
    return ask(connection, f"FROM {macro}($ends)", {"ends": ends}, name=name)


def _of(series_ids: Sequence[int], window: Window | None) -> dict[str, object]:
    if window is None:
        return {"ids": list(series_ids)}
    (series_id,) = series_ids
    return {"series": series_id, "first": window[0], "last": window[1]}
