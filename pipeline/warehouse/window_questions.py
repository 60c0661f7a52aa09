"""What flame graphs of a span of time ask: how the values of its profiles count, and what they come to over time.

How a sample type counts is said in sql/pyroscope/profiles.sql.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import duckdb

from pipeline.values import Result
from pipeline.warehouse import flame_tree, questions
from pipeline.warehouse.query import ask

Taking = Literal["state", "total", "amount"]


@dataclass(frozen=True, slots=True)
class Counted:
    """Profiles that are added up, and those that are taken away from them.

    taking  why: a state is the last profile's, of a total the first is taken away from the last, amounts are added up
    """

    added: Sequence[int]
    less: Sequence[int] = ()
    taking: Taking = "amount"


def counted(connection: duckdb.DuckDBPyConnection, window: Sequence[int], sample_type: str) -> Counted:
    """How the profiles of a window count, oldest first; one alone counts as it is."""
    if len(window) == 1:
        return Counted(window)
    query = "SELECT taking FROM pyroscope.profiles WHERE profile_id = $id AND sample_type = $type"
    found = ask(connection, query, {"id": window[-1], "type": sample_type}, name="taking", described=False).table
    # What is not there is a difference over some seconds, and differences in a row add up.
    taking: Taking = found["taking"][0].as_py() if found.num_rows else "amount"
    if taking == "amount":
        return Counted(window)
    return Counted(window[-1:], window[:1] if taking == "total" else (), taking)


def tree(
    connection: duckdb.DuckDBPyConnection,
    before: Counted | None,
    after: Counted,
    sample_type: str,
    *,
    most: int,
    names: flame_tree.Names | None = None,
) -> Result:
    """A flame graph, as `questions.tree` and `questions.diff` have them, of what counts on either side."""
    if not after.less and not (before and before.less):
        if before:
            return questions.diff(connection, before.added, after.added, sample_type, most=most, names=names)
        return questions.tree(connection, after.added, sample_type, most=most, names=names)
    times: dict[int, tuple[int, int]] = {}
    for is_after, side in ((False, before or Counted(())), (True, after)):
        for count, profiles in ((1, side.added), (-1, side.less)):
            for profile in profiles:
                left, right = times.get(profile, (0, 0))
                times[profile] = (left, right + count) if is_after else (left + count, right)
    weighed = flame_tree.weighed_by(connection, times, sample_type, layouts=names.layouts if names else None)
    found = flame_tree.folded(connection, weighed, most=most, names=names)
    return found if before else questions.one_sided(found)


def profiles(connection: duckdb.DuckDBPyConnection, series_id: int) -> Result:
    """The profiles of a series, oldest first."""
    query = """
    SELECT profile_id, taken_at, duration_ns, default_sample_type
    FROM profile
    WHERE series_id = $series
    ORDER BY time_ns, profile_id
    """
    return ask(connection, query, {"series": series_id}, name="profiles", described=False)


def totals(connection: duckdb.DuckDBPyConnection, series_id: int, sample_type: str) -> Result:
    """One row per profile of a series that has the sample type, oldest first: when it was taken, and what it comes to in all."""
    query = """
    SELECT profile_id, epoch(taken_at) AS taken_s, coalesce(value, 0) AS value
    FROM profile
    JOIN profile_sample_type AS types USING (profile_id)
    LEFT JOIN profile_total USING (profile_id, sample_type)
    WHERE series_id = $series AND sample_type = $type
    ORDER BY time_ns, profile_id
    """
    return ask(connection, query, {"series": series_id, "type": sample_type}, name="totals", described=False)


def newest_of_instances(connection: duckdb.DuckDBPyConnection, service: str) -> Result:
    """One row per kind, build and instance of a service, and its newest profile: heaps as they stand come first, then what most instances have.

    A heap profile of some seconds says what was allocated in these, and not what is live.
    """
    query = """
    WITH newest AS (
      SELECT kind, coalesce(build, '') AS build, coalesce(instance, '') AS instance, profile_id
      FROM profile
      SEMI JOIN profile_sample_type USING (profile_id)
      WHERE service = $service AND (kind <> 'heap' OR duration_ns = 0)
      QUALIFY row_number() OVER (
        PARTITION BY kind, build, instance, program
        ORDER BY time_ns DESC, profile_id DESC
      ) = 1
    )
    FROM newest
    ORDER BY kind <> 'heap', COUNT(*) OVER (PARTITION BY kind) DESC, kind, build, instance, profile_id
    """
    return ask(connection, query, {"service": service}, name="newest profiles", described=False)
