"""How profiles of a span count, and what they come to."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from pipeline.warehouse import window_questions
from pipeline.warehouse.connect import open_readonly
from pipeline.warehouse.window_questions import Counted


def heaps(connection: duckdb.DuckDBPyConnection) -> list[int]:
    query = "SELECT profile_id FROM profile WHERE kind = 'heap' AND instance = 'a' ORDER BY time_ns"
    return [id for (id,) in connection.execute(query).fetchall()]


def root(connection: duckdb.DuckDBPyConnection, before: Counted | None, after: Counted, sample_type: str) -> list[int]:
    table = window_questions.tree(connection, before, after, sample_type, most=1000).table
    return [table[name][0].as_py() for name in ("value", "valueRight") if name in table.column_names]


def test_a_span_counts_as_its_values_do(demo: Path) -> None:
    with open_readonly(str(demo)) as connection:
        first, *_, last = ids = heaps(connection)
        state = window_questions.counted(connection, ids, "inuse_space")
        total = window_questions.counted(connection, ids, "alloc_space")
        alone = window_questions.counted(connection, ids[:1], "alloc_space")

    assert (list(state.added), list(state.less), state.taking) == ([last], [], "state")
    assert (list(total.added), list(total.less), total.taking) == ([last], [first], "total")
    assert (list(alone.added), list(alone.less)) == ([first], [])


@pytest.mark.parametrize("sample_type", ["inuse_space", "alloc_space"])
def test_a_tree_weighs_what_the_totals_say(demo: Path, sample_type: str) -> None:
    with open_readonly(str(demo)) as connection:
        ids = heaps(connection)
        (series,) = connection.execute("SELECT series_id FROM profile WHERE profile_id = $1", [ids[0]]).fetchall()[0]
        totals = window_questions.totals(connection, series, sample_type).table
        of = dict(zip(totals["profile_id"].to_pylist(), totals["value"].to_pylist(), strict=True))
        grown = root(connection, Counted(ids[:1]), Counted(ids[-1:], ids[:1]), sample_type)
        alone = root(connection, None, Counted(ids[-1:], ids[:1]), sample_type)
        plain = root(connection, None, Counted(ids[-1:]), sample_type)

    change = of[ids[-1]] - of[ids[0]]
    assert (grown, alone, plain) == ([of[ids[0]], change], [change], [of[ids[-1]]])
    assert list(of) == ids


def test_the_newest_profile_of_each_instance(demo: Path) -> None:
    with open_readonly(str(demo)) as connection:
        ids = heaps(connection)
        found = window_questions.newest_of_instances(connection, "checkout").table.to_pylist()

    assert found == [{"kind": "heap", "build": "1.4.2", "instance": "a", "profile_id": ids[-1]}]
