"""What is asked of growth, over three heap profiles a minute apart and an escape report."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from pipeline import flow
from pipeline.warehouse import growth_questions, questions
from pipeline.warehouse.questions import Selection
from tests.warehouse.builder import REPORT, heap, offer


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    folder = tmp_path_factory.mktemp("growth")
    for minute, grow in enumerate((100, 250, 400)):
        offer(folder / "lake", f"heap-{minute}.pb", heap(minute, grow=grow))
    offer(folder / "lake", "escape.txt", REPORT.encode())
    flow.load(str(folder / "lake"), str(folder / "answers.duckdb"))
    with flow.open_warehouse(str(folder / "answers.duckdb")) as connection:
        yield connection


@pytest.fixture(scope="module")
def profile_ids(database: duckdb.DuckDBPyConnection) -> list[int]:
    return [row["profile_id"] for row in questions.profiles(database, Selection()).table.to_pylist()]


@pytest.fixture(scope="module")
def series_id(database: duckdb.DuckDBPyConnection) -> int:
    (row,) = questions.series(database, Selection()).table.to_pylist()
    return int(row["series_id"])


def test_growth_names_the_site_its_class_and_its_reason(database: duckdb.DuckDBPyConnection, series_id: int) -> None:
    rows = growth_questions.growth(database, [series_id]).table.to_pylist()

    assert [(row["line"], row["growth_bytes"], row["attribution"], row["reason"]) for row in rows] == [
        (88, 300, "escape", "entry moved to heap"),
        (9, 0, "unreported", "no report for any package on the stack"),
    ]


def test_the_classes_come_largest_first_and_add_up(database: duckdb.DuckDBPyConnection, series_id: int) -> None:
    rows = growth_questions.coverage(database, [series_id]).table.to_pylist()

    assert (rows[0]["attribution"], rows[0]["growth_bytes"], len(rows)) == ("escape", 300, 6)


def test_growth_by_own_code_and_by_module_add_up_to_that_by_site(
    database: duckdb.DuckDBPyConnection, series_id: int
) -> None:
    asked = (growth_questions.growth, growth_questions.growth_by_own_code, growth_questions.growth_by_module)

    sums = [sum(row["growth_bytes"] for row in ask(database, [series_id]).table.to_pylist()) for ask in asked]

    assert sums[0] > 0
    assert len(set(sums)) == 1
    assert all(ask(database, []).table.num_rows == 0 for ask in asked)


def test_what_is_asked_by_stack_is_what_the_views_say(database: duckdb.DuckDBPyConnection, series_id: int) -> None:
    for view, ask in (
        ("attribution.growth_by_own_code", growth_questions.growth_by_own_code),
        ("attribution.growth_by_module", growth_questions.growth_by_module),
    ):
        rows = database.sql(f"FROM {view} WHERE series_id = {series_id}").to_arrow_table().to_pylist()
        found = ask(database, [series_id]).table.to_pylist()
        assert len(rows) > 0
        assert sorted(map(str, found)) == sorted(map(str, rows))


def test_a_window_is_asked_of_as_a_series_is(
    database: duckdb.DuckDBPyConnection, series_id: int, profile_ids: list[int]
) -> None:
    window = (profile_ids[1], profile_ids[2])
    whole = questions.series(database, Selection())
    asked = (growth_questions.growth, growth_questions.growth_by_own_code, growth_questions.growth_by_module)

    (told,) = growth_questions.within(database, profile_ids[1:3]).table.to_pylist()
    sums = [
        sum(row["growth_bytes"] for row in ask(database, [series_id], window=window).table.to_pylist()) for ask in asked
    ]
    classes = growth_questions.coverage(database, [series_id], window=window).table.to_pylist()

    assert (told["first_profile_id"], told["last_profile_id"], told["profiles"]) == (*window, 2)
    assert (told["growth_bytes"], sums) == (150, [150, 150, 150])
    assert sum(row["growth_bytes"] for row in classes) == 150
    assert growth_questions.within(database, profile_ids[1:3]).table.schema.names == whole.table.schema.names


def test_the_window_from_first_to_last_is_the_series(
    database: duckdb.DuckDBPyConnection, series_id: int, profile_ids: list[int]
) -> None:
    whole = questions.series(database, Selection())

    window = growth_questions.within(database, profile_ids)

    assert window.table.to_pylist() == whole.table.to_pylist()
