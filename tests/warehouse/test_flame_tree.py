"""Flame graphs folded level by level are those of `flame.diff`, row for row."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise, product
from pathlib import Path

import duckdb
import pytest

from pipeline.warehouse import flame_tree, questions
from pipeline.warehouse.connect import open_readonly


@pytest.fixture(scope="module", params=["demo", "every_kind"])
def connection(request: pytest.FixtureRequest) -> Iterator[duckdb.DuckDBPyConnection]:
    path: Path = request.getfixturevalue(request.param)
    with open_readonly(str(path)) as found:
        yield found


def ids(connection: duckdb.DuckDBPyConnection, query: str) -> list[int]:
    return [one for (one,) in connection.execute(query).fetchall()]


def test_a_tree_has_the_rows_of_the_macro(connection: duckdb.DuckDBPyConnection) -> None:
    everything = ids(connection, "SELECT profile_id FROM profile ORDER BY ALL")
    kinds = [kind for (kind,) in connection.execute("SELECT DISTINCT sample_type FROM profile_sample_type").fetchall()]
    rows = 0
    for wanted, base, chosen in product(
        [*kinds, "of nothing"], ([], everything[:2]), ([], everything, everything[-1:])
    ):
        macro = connection.sql(
            "FROM flame.diff($base, $ids, $wanted)", params={"base": base, "ids": chosen, "wanted": wanted}
        ).to_arrow_table()

        found = flame_tree.tree(connection, base, chosen, wanted).table

        assert found.schema.names == macro.schema.names
        assert found.to_pylist() == macro.to_pylist()
        rows += found.num_rows
    assert rows > 200


def test_only_the_stacks_asked_for_count(connection: duckdb.DuckDBPyConnection) -> None:
    chosen = ids(connection, "SELECT profile_id FROM profile")
    stacks = ids(connection, "SELECT stack_id FROM stack ORDER BY ALL LIMIT 3")
    (wanted,) = ids(connection, "SELECT MIN(sample_type) FROM profile_sample_type")

    some = flame_tree.tree(connection, [], chosen, str(wanted), stacks=stacks).table
    macro = connection.sql(
        "FROM flame.diff([], $ids, $wanted, stack_ids := $stacks)",
        params={"ids": chosen, "wanted": wanted, "stacks": stacks},
    ).to_arrow_table()

    assert some.to_pylist() == macro.to_pylist()


def test_the_heaviest_nodes_are_left_with_all_their_callers(connection: duckdb.DuckDBPyConnection) -> None:
    chosen = ids(connection, "SELECT profile_id FROM profile WHERE kind = 'heap'")

    whole = flame_tree.tree(connection, [], chosen, "alloc_space").table.to_pylist()
    few = flame_tree.tree(connection, [], chosen, "alloc_space", most=20).table.to_pylist()

    weights = sorted((row["valueRight"] for row in whole), reverse=True)
    assert len(few) == 20 < len(whole)
    assert sorted((row["valueRight"] for row in few), reverse=True) == weights[:20]
    assert all(after["level"] <= before["level"] + 1 for before, after in pairwise(few))


def test_many_profiles_and_few_are_told_alike(demo: Path) -> None:
    with open_readonly(str(demo)) as connection:
        every = ids(connection, "SELECT profile_id FROM profile WHERE kind = 'heap' ORDER BY ALL")
        few = questions.tree(connection, every[:1], "inuse_space").table
        many = questions.tree(connection, every[:1] * 9, "inuse_space").table

    assert few.num_rows > 5
    assert sorted(many.schema.names) == sorted(few.schema.names)
    assert many.select(few.schema.names).to_pylist() == few.to_pylist()
