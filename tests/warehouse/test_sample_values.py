"""The values of a sample type straight from the table are those of the view; of some profiles, theirs alone are read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipeline.warehouse import questions, sample_values
from pipeline.warehouse.connect import open_readonly
from pipeline.warehouse.sample_values import every_layout, values_of


@pytest.fixture(scope="module", params=["demo", "every_kind"])
def database(request: pytest.FixtureRequest) -> Path:
    path: Path = request.getfixturevalue(request.param)
    return path


def test_values_are_those_of_the_view(database: Path) -> None:
    with open_readonly(str(database)) as connection:
        kinds = [one for (one,) in connection.sql("SELECT DISTINCT sample_type FROM profile_sample_type").fetchall()]
        every = [one for (one,) in connection.sql("SELECT profile_id FROM profile ORDER BY ALL").fetchall()]
        rows = 0
        for kind in kinds:
            for ids in (every, every[:1], every[-2:]):
                query = f"FROM ({values_of(connection, ids, kind)}) WHERE list_contains($ids, profile_id) ORDER BY ALL"
                view = """
                SELECT profile_id, stack_id, value FROM main.sample_value
                WHERE sample_type = $kind AND list_contains($ids, profile_id) ORDER BY ALL
                """

                found = connection.execute(query, {"ids": ids}).fetchall()

                assert found == connection.execute(view, {"ids": ids, "kind": kind}).fetchall()
                rows += len(found)
    assert rows > 100


def test_layouts_at_hand_say_what_the_tables_say(database: Path) -> None:
    with open_readonly(str(database)) as connection:
        layouts = every_layout(connection)
        assert layouts is not None
        kinds = [one for (one,) in connection.sql("SELECT DISTINCT sample_type FROM profile_sample_type").fetchall()]
        every = [one for (one,) in connection.sql("SELECT profile_id FROM profile ORDER BY ALL").fetchall()]
        for ids in (every, every[::-1], every[:1], every[-2:], every[1::2]):
            for kind in (*kinds, "of nothing"):
                known = sample_values._positions(connection, ids, kind)

                found = layouts.positions(ids, kind)

                assert {position: sorted(own) for position, own in found.items()} == known
            types = questions.sample_types(connection, ids).table.to_pylist()
            assert list(layouts.common(ids).items()) == [(one["sample_type"], one["unit"]) for one in types]


def test_very_many_layouts_are_not_held(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sample_values, "_MOST_PROFILES", 1)

    with open_readonly(str(demo)) as connection:
        assert every_layout(connection) is None


def test_of_a_type_that_none_has_there_is_nothing(database: Path) -> None:
    with open_readonly(str(database)) as connection:
        assert connection.sql(values_of(connection, [1], "of nothing")).fetchall() == []
        assert connection.sql(values_of(connection, [], "inuse_space")).fetchall() == []


@pytest.mark.parametrize(
    "asked",
    [
        "WHERE profile_id = {first}",
        "WHERE profile_id = (SELECT MIN(profile_id) FROM profile)",
        "JOIN (SELECT MIN(profile_id) AS profile_id FROM profile) USING (profile_id)",
    ],
)
def test_functions_of_some_profiles_are_added_up_from_their_samples_alone(demo: Path, asked: str) -> None:
    """However they are asked for: of all profiles at once it is the largest view there is."""
    with open_readonly(str(demo)) as connection:
        ((first,),) = connection.sql("SELECT MIN(profile_id) FROM profile").fetchall()
        ((few, every),) = connection.sql(
            f"SELECT COUNT(*) FILTER (profile_id = {first}), COUNT(*) FROM sample"
        ).fetchall()

        query = f"SELECT SUM(cum) FROM flame.flat_cum {asked.format(first=first)}"
        read = [*_rows_read(connection, query, "sample")]

    assert 0 < few < every
    assert {*read} == {few}


def _rows_read(connection: duckdb.DuckDBPyConnection, query: str, table: str) -> Iterator[int]:
    """How many rows come out of each scan of what a table is kept in."""
    ((_, plan),) = connection.execute(f"EXPLAIN (ANALYZE, FORMAT json) {query}").fetchall()
    nodes: list[dict[str, Any]] = [json.loads(plan)["operator"][0]]
    for node in nodes:
        nodes += node.get("children", ())
        if str(node.get("extra_info", {}).get("Table", "")).endswith(f"._{table}"):
            yield node["intermediate_rows"]
