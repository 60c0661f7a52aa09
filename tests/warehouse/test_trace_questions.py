"""The questions about goroutines, asked of a real trace."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from pipeline import flow
from pipeline.warehouse import questions, trace_questions
from pipeline.warehouse.questions import Selection
from tests.warehouse.builder import offer

TRACE = (
    Path(__file__).parents[1] / "fixtures" / "files" / "tracer" / "service=tracer" / "build=go1.27-trim" / "plain.trace"
)


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[duckdb.DuckDBPyConnection, int]]:
    """A database with one execution trace, and the trace's id."""
    folder = tmp_path_factory.mktemp("traced")
    offer(folder / "lake", "plain.trace", TRACE.read_bytes())
    flow.load(str(folder / "lake"), str(folder / "answers.duckdb"))
    with flow.open_warehouse(str(folder / "answers.duckdb")) as connection:
        (trace,) = questions.profiles(connection, Selection(kind="trace")).table.to_pylist()
        yield connection, trace["profile_id"]


def test_groups_of_goroutines_come_longest_first(traced: tuple[duckdb.DuckDBPyConnection, int]) -> None:
    connection, trace_id = traced

    rows = trace_questions.goroutine_groups(connection, [trace_id]).table.to_pylist()

    assert [row["total_ns"] for row in rows] == sorted((row["total_ns"] for row in rows), reverse=True)
    assert {row["function"]: row["goroutines"] for row in rows}["main.shipper"] == 6
    assert trace_questions.goroutine_groups(connection, []).table.num_rows == 0


@pytest.mark.parametrize(
    ("function", "count"),
    [
        ("main.shipper", 6),
        ("shipper", 6),
        ("(*traceMultiplexer).startLocked.func1", 1),
        ("trace.(*traceMultiplexer).startLocked.func1", 1),
        ("ipper", 0),
        ("", 0),
    ],
)
def test_goroutines_are_found_by_the_end_of_their_function(
    traced: tuple[duckdb.DuckDBPyConnection, int], function: str, count: int
) -> None:
    connection, trace_id = traced

    assert trace_questions.goroutines(connection, [trace_id], function).table.num_rows == count


def test_a_goroutine_has_its_waits_longest_first(traced: tuple[duckdb.DuckDBPyConnection, int]) -> None:
    connection, trace_id = traced

    (main,) = trace_questions.goroutines(connection, [trace_id], "main.main").table.to_pylist()

    assert [wait["reason"] for wait in main["waits"]][:3] == ["sleep", "sync", "wait until GC ends"]
    assert sum(wait["waiting_ns"] for wait in main["waits"]) == main["waiting_ns"]
