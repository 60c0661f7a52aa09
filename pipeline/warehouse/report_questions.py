"""What a report of growth asks besides: sites that changed, and a flame graph of each series."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.values import Result
from pipeline.warehouse import flame_tree, growth_questions, questions
from pipeline.warehouse.query import ask
from pipeline.warehouse.sample_values import Layouts


def changed_sites(
    connection: duckdb.DuckDBPyConnection, series_ids: Sequence[int], *, window: growth_questions.Window | None = None
) -> Result:
    """The sites that grew or shrank; the others add nothing to any figure."""
    found = growth_questions.growth(connection, series_ids, window=window)
    return Result(found.name, found.columns, found.table.filter(pc.not_equal(found.table["growth_bytes"], 0)))


def top_sites(
    connection: duckdb.DuckDBPyConnection,
    series_id: int,
    most: int,
    *,
    profiles: Sequence[int],
    window: growth_questions.Window | None = None,
    layouts: Layouts | None = None,
) -> growth_questions.TopSites:
    """What changed in a series with these profiles, oldest first, or within a window of it."""
    if window is None:
        return growth_questions.top_growth(connection, series_id, most, profiles=profiles, layouts=layouts)
    # What a window gained is worked out once.
    return growth_questions.TopSites.of(changed_sites(connection, [series_id], window=window), series_id, most)


def growth_trees(
    connection: duckdb.DuckDBPyConnection, series: Result, *, names: flame_tree.Names | None = None
) -> Result:
    """The flame graphs of all series, first profile against last, one after the other; names are as in `flame_tree.tree`."""
    parts = []
    rows = series.table.to_pylist()
    answer = None if rows else questions.diff(connection, [], [], "inuse_space")
    for one in rows:
        ends = [one["first_profile_id"]], [one["last_profile_id"]]
        answer = questions.diff(connection, *ends, "inuse_space", names=names)
        ids = pa.array([one["series_id"]] * answer.table.num_rows, pa.int32())
        parts.append(answer.table.append_column("series_id", ids))
    assert answer is not None
    empty = answer.table.slice(0, 0).append_column("series_id", pa.array([], pa.int32()))
    return Result("flame graphs", answer.columns, pa.concat_tables(parts) if parts else empty)


def live_heap(connection: duckdb.DuckDBPyConnection, series_ids: Sequence[int]) -> Result:
    """Live and allocated bytes of every profile of some series, oldest first."""
    query = """
    SELECT series_id, profile_id, taken_at, epoch(taken_at) AS taken_s, elapsed_s, inuse_bytes, alloc_bytes
    FROM heap.profiles WHERE list_contains($ids, series_id) ORDER BY series_id, position
    """
    return ask(connection, query, {"ids": list(series_ids)}, name="live heap")


def owners(connection: duckdb.DuckDBPyConnection) -> Result:
    """Every service, instance and build that has a profile, with the kinds it has."""
    query = """
    SELECT service, instance, build, list(DISTINCT kind ORDER BY kind) AS kinds, COUNT(*) AS profiles
    FROM profile GROUP BY ALL ORDER BY ALL LIMIT 10000
    """
    return ask(connection, query, name="owners")
