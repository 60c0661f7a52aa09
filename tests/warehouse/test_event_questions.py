"""The events of a real trace, from windows of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from pipeline import flow
from pipeline.warehouse import event_questions
from pipeline.warehouse.event_questions import Wanted, events, go_frames, lines
from tests.warehouse.builder import offer

TRACE = (
    Path(__file__).parents[1] / "fixtures" / "files" / "tracer" / "service=tracer" / "build=go1.27-trim" / "plain.trace"
)
_MS = 1_000_000


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[duckdb.DuckDBPyConnection, int]]:
    """A database with one execution trace, and the trace's id."""
    folder = tmp_path_factory.mktemp("events")
    offer(folder / "lake", "plain.trace", TRACE.read_bytes())
    flow.load(str(folder / "lake"), str(folder / "answers.duckdb"))
    with flow.open_warehouse(str(folder / "answers.duckdb")) as connection:
        yield connection, connection.sql("SELECT trace_id FROM trace").fetchall()[0][0]


def told(connection: duckdb.DuckDBPyConnection, wanted: Wanted) -> list[str]:
    return [line for table in lines(connection, wanted) for line in table["line"].to_pylist()]


def test_windows_side_by_side_hold_what_the_whole_holds(
    traced: tuple[duckdb.DuckDBPyConnection, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    connection, trace = traced

    whole = told(connection, Wanted(trace))
    halves = told(connection, Wanted(trace, until_ns=9 * _MS)) + told(connection, Wanted(trace, since_ns=9 * _MS))
    monkeypatch.setattr(event_questions, "_SLICE_EVENTS", 100)
    sliced = [table["line"].to_pylist() for table in lines(connection, Wanted(trace))]

    # Of 4,079 events the tables lack the Sync at the end.
    assert len(whole) == 4_078
    assert halves == whole
    assert len(sliced) > 10
    assert [line for part in sliced for line in part] == whole


def test_a_window_ends_before_its_end(traced: tuple[duckdb.DuckDBPyConnection, int]) -> None:
    connection, trace = traced
    times = [row["since_start_ns"] for batch in events(connection, Wanted(trace)).batches for row in batch.to_pylist()]

    assert len(told(connection, Wanted(trace, until_ns=times[5]))) == 5
    assert len(told(connection, Wanted(trace, since_ns=times[5], until_ns=times[6]))) == 1
    assert told(connection, Wanted(trace, since_ns=10**15)) == []


def test_events_of_a_goroutine_are_those_on_it_and_to_it(traced: tuple[duckdb.DuckDBPyConnection, int]) -> None:
    connection, trace = traced
    answer = events(connection, Wanted(trace, goroutine=36, kinds=("StateTransition",)))

    rows = [row for batch in answer.batches for row in batch.to_pylist()]
    assert [(row["goroutine"], row["from_state"], row["to_state"]) for row in rows if row["resource"] == 36] == [
        (1, "not exist", "runnable"),
        (None, "runnable", "running"),
        (36, "running", "waiting"),
        *[(row["goroutine"], "waiting", "runnable") for row in rows if row["from_state"] == "waiting"],
        (None, "runnable", "running"),
        (36, "running", "not exist"),
    ]
    assert {row["kind"] for row in rows} == {"StateTransition"}


def test_frames_of_stacks_come_with_their_addresses(traced: tuple[duckdb.DuckDBPyConnection, int]) -> None:
    connection, trace = traced
    (first,) = list(lines(connection, Wanted(trace, until_ns=_MS // 25)))
    (stack, *_) = [one for one in first["stack_id"].to_pylist() if one is not None]

    frames = go_frames(connection, [stack])[stack]

    assert (frames[0]["function"], frames[0]["pc"], frames[0]["line"]) == (
        "runtime.traceLocker.Gomaxprocs",
        "4760e3",
        282,
    )
    assert frames[-1]["function"] == "main.main"
