"""The values of a sample type straight from the table are those of the view."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.warehouse.connect import open_readonly
from pipeline.warehouse.sample_values import values_of


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


def test_of_a_type_that_none_has_there_is_nothing(database: Path) -> None:
    with open_readonly(str(database)) as connection:
        assert connection.sql(values_of(connection, [1], "of nothing")).fetchall() == []
        assert connection.sql(values_of(connection, [], "inuse_space")).fetchall() == []
