"""The questions about goroutine profiles and dumps, asked of real ones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipeline import flow
from pipeline.warehouse import goroutine_questions
from tests.warehouse.builder import LIMITS

LEAKS = Path(__file__).parents[1] / "fixtures" / "files" / "leaks" / "service=leaks" / "build=go1.27-trim"


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database with the views that the questions are asked of, and no others."""
    folder = tmp_path_factory.mktemp("leaks")
    flow.ingest([str(LEAKS)], str(folder / "lake"), labels={}, limits=LIMITS)
    flow.load(str(folder / "lake"), str(folder / "db.duckdb"), views=goroutine_questions.VIEWS)
    with flow.open_warehouse(str(folder / "db.duckdb")) as opened:
        yield opened


def rows(connection: duckdb.DuckDBPyConnection, **chosen: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = goroutine_questions.growth(connection, **chosen).table.to_pylist()
    return found


def test_of_each_series_what_leaked_comes_first_and_then_what_grew_most(connection: duckdb.DuckDBPyConnection) -> None:
    found = rows(connection, source="dump")

    assert [row["growth"] for row in found] == [9, 6, 3, 0, 0, 0]
    assert found[0]["leaked"] == 9
    assert [frame["function"] for frame in found[0]["stack"]] == [
        "example.com/leaks/wait.abandoned",
        "example.com/leaks/wait.Send",
    ]


def test_series_and_sources_follow_one_another_whole(connection: duckdb.DuckDBPyConnection) -> None:
    order = [(row["series_id"], row["source"]) for row in rows(connection)]

    assert len(set(order)) == 5
    assert sorted(order, key=order.index) == order


@pytest.mark.parametrize("name", ["example.com/leaks/wait.Send", "wait.Send", "Send", "abandoned"])
def test_a_function_is_the_one_they_are_in_or_were_started_with(
    connection: duckdb.DuckDBPyConnection, name: str
) -> None:
    found = rows(connection, source="protobuf", function=name)

    assert {row["function"] for row in found} == {"example.com/leaks/wait.abandoned"}
    assert rows(connection, function=name.removesuffix("d")[:-1]) == []


def test_a_function_may_be_the_one_that_started_them(connection: duckdb.DuckDBPyConnection) -> None:
    assert len(rows(connection, source="dump", function="main.start")) == 5


@pytest.mark.parametrize("chosen", [{"service": "x"}, {"instance": "x"}, {"build": "x"}, {"source": "x"}])
def test_nothing_is_told_of_others(connection: duckdb.DuckDBPyConnection, chosen: dict[str, str]) -> None:
    assert rows(connection, **chosen) == []


def test_the_sums_of_a_series_are_those_of_its_places(connection: duckdb.DuckDBPyConnection) -> None:
    places = rows(connection)

    told = goroutine_questions.series(connection).table.to_pylist()

    order = list(dict.fromkeys((row["series_id"], row["source"]) for row in places))
    assert [(row["series_id"], row["source"]) for row in told] == order
    for one in told:
        own = [row for row in places if (row["series_id"], row["source"]) == (one["series_id"], one["source"])]
        assert one["last_count"] == sum(row["last_count"] for row in own)
        assert one["growth"] == sum(row["growth"] for row in own)


@pytest.mark.parametrize("chosen", [{}, {"source": "dump"}, {"function": "Send"}, {"build": "no such build"}])
def test_the_top_is_the_beginning_of_all_and_the_others_are_counted(
    connection: duckdb.DuckDBPyConnection, chosen: dict[str, str]
) -> None:
    every = rows(connection, **chosen)
    order = list(dict.fromkeys((row["series_id"], row["source"]) for row in every))

    top, others = goroutine_questions.top_growth(connection, 2, **chosen)

    assert top.table.to_pylist() == [row for row in every if (row["series_id"], row["source"]) in order[:2]]
    assert others == max(len(order) - 2, 0)
