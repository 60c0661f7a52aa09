"""The questions behind the commands, asked of a small real lake."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from pipeline import flow
from pipeline.warehouse import escape_questions, growth_questions, questions
from pipeline.warehouse.questions import Selection
from tests.warehouse.builder import REPORT, heap, offer


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    folder = tmp_path_factory.mktemp("questions")
    for minute, grow in enumerate((100, 250, 400)):
        offer(folder / "lake", f"heap-{minute}.pb", heap(minute, grow=grow))
    offer(folder / "lake", "escape.txt", REPORT.encode())
    offer(folder / "lake", "notes.txt", b"nothing that heapscape knows\n")
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


def test_inputs_are_counted_by_format_and_status(database: duckdb.DuckDBPyConnection) -> None:
    rows = questions.inputs(database).table.to_pylist()

    assert sorted((row["format"] or "", row["status"], row["inputs"]) for row in rows) == [
        ("", "refused", 1),
        ("escape", "ingested", 1),
        ("pprof", "ingested", 3),
    ]


def test_profiles_come_oldest_first_with_their_binary(database: duckdb.DuckDBPyConnection) -> None:
    rows = questions.profiles(database, Selection()).table.to_pylist()

    assert [row["uri"].rpartition("/")[2] for row in rows] == ["heap-0.pb", "heap-1.pb", "heap-2.pb"]
    assert {(row["kind"], row["file"], row["build_id"]) for row in rows} == {("heap", "/app/server", "build-1")}


@pytest.mark.parametrize(
    ("selection", "count"),
    [
        (Selection(kind="heap"), 3),
        (Selection(kind="cpu"), 0),
        (Selection(service="api"), 0),
        (Selection(build="1.4"), 0),
        (Selection(instance="a"), 0),
        (Selection(series="0000000000000000"), 0),
        (Selection(profiles=("heap-1",)), 1),
        (Selection(profiles=("heap-0", "heap-2")), 2),
    ],
)
def test_a_selection_leaves_what_it_names(
    database: duckdb.DuckDBPyConnection, selection: Selection, count: int
) -> None:
    assert questions.profiles(database, selection).table.num_rows == count


def test_a_profile_can_be_named_by_its_number(database: duckdb.DuckDBPyConnection, profile_ids: list[int]) -> None:
    rows = questions.profiles(database, Selection(profiles=(str(profile_ids[1]),))).table.to_pylist()

    assert [row["profile_id"] for row in rows] == [profile_ids[1]]


def test_a_profile_can_be_named_by_its_hash(database: duckdb.DuckDBPyConnection, profile_ids: list[int]) -> None:
    query = "SELECT profile_hash FROM profile WHERE profile_id = $wanted"
    ((known,),) = database.execute(query, {"wanted": profile_ids[1]}).fetchall()

    rows = questions.profiles(database, Selection(profiles=(known,))).table.to_pylist()

    assert [row["profile_id"] for row in rows] == [profile_ids[1]]


def test_sample_types_are_those_of_all_profiles_in_the_files_order(
    database: duckdb.DuckDBPyConnection, profile_ids: list[int]
) -> None:
    assert questions.sample_types(database, profile_ids).table.to_pylist() == [
        {"sample_type": "alloc_objects", "unit": "count"},
        {"sample_type": "alloc_space", "unit": "bytes"},
        {"sample_type": "inuse_objects", "unit": "count"},
        {"sample_type": "inuse_space", "unit": "bytes"},
    ]


def test_stacks_of_a_site_are_found_by_the_end_of_its_file(database: duckdb.DuckDBPyConnection, series_id: int) -> None:
    assert questions.site_stacks(database, series_id, "store/cache.go", 88).table.num_rows == 1
    assert questions.site_stacks(database, series_id, "store/cache.go", 89).table.num_rows == 0


def test_a_flame_graph_comes_depth_first(database: duckdb.DuckDBPyConnection, profile_ids: list[int]) -> None:
    rows = questions.tree(database, profile_ids[-1:], "inuse_space").table.to_pylist()

    assert [(row["level"], row["label"], row["value"], row["self"]) for row in rows] == [
        (0, "root", 450, 0),
        (1, "main.main", 450, 0),
        (2, "app/store.(*Cache).Put", 400, 400),
        (2, "main.walk", 50, 0),
        (3, "main.walk", 50, 50),
    ]


def test_a_flame_graph_of_some_stacks_has_only_their_weight(
    database: duckdb.DuckDBPyConnection, profile_ids: list[int], series_id: int
) -> None:
    stacks = questions.site_stacks(database, series_id, "cache.go", 88).table["stack_id"].to_pylist()

    rows = questions.tree(database, profile_ids[-1:], "inuse_space", stacks=stacks).table.to_pylist()

    assert [(row["label"], row["value"]) for row in rows] == [
        ("root", 400),
        ("main.main", 400),
        ("app/store.(*Cache).Put", 400),
    ]


def test_a_difference_has_both_sides(database: duckdb.DuckDBPyConnection, profile_ids: list[int]) -> None:
    rows = questions.diff(database, profile_ids[:1], profile_ids[-1:], "inuse_space").table.to_pylist()

    assert ("app/store.(*Cache).Put", 100, 400) in [(row["label"], row["value"], row["valueRight"]) for row in rows]


def test_folded_stacks_are_root_first_and_heaviest_first(
    database: duckdb.DuckDBPyConnection, profile_ids: list[int]
) -> None:
    assert questions.folded(database, profile_ids[-1:], "inuse_space").table.to_pylist() == [
        {"functions": ["main.main", "app/store.(*Cache).Put"], "value": 400},
        {"functions": ["main.main", "main.walk", "main.walk"], "value": 50},
    ]


def test_escapes_are_found_by_the_end_of_file_and_line(database: duckdb.DuckDBPyConnection) -> None:
    def found(place: str) -> list[dict[str, object]]:
        answer = escape_questions.escapes(database, service=None, build=None, package=None, place=place, all_kinds=True)
        rows: list[dict[str, object]] = answer.table.to_pylist()
        return rows

    assert [(row["line"], row["reason"]) for row in found("cache.go:90")] == [(90, "&Entry{...} escapes to heap")]
    assert len(found("")) == 2


def test_what_was_refused_is_told_with_its_reason(database: duckdb.DuckDBPyConnection) -> None:
    (row,) = questions.refused(database).table.to_pylist()

    assert row["uri"].endswith("notes.txt")
    assert "not a format" in row["reason"]


def test_a_verdict_without_explanation_has_no_flow(database: duckdb.DuckDBPyConnection, series_id: int) -> None:
    (row,) = [row for row in growth_questions.growth(database, [series_id]).table.to_pylist() if row["line"] == 88]

    assert escape_questions.flow_of(database, [row["escape_site_id"]]).table.num_rows == 0
    assert questions.flows(database, [series_id]).table.num_rows == 0


def test_notes_are_none_where_nothing_was_odd(database: duckdb.DuckDBPyConnection) -> None:
    assert "error" not in questions.notes(database).table["severity"].to_pylist()
