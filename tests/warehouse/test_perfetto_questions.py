"""What a trace for Perfetto is made of: all that a trace's views say, no more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from pipeline.warehouse import perfetto_questions as questions
from pipeline.warehouse.connect import open_readonly


@pytest.fixture(scope="module")
def connection(every_kind: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_readonly(str(every_kind)) as opened:
        yield opened


@pytest.fixture(scope="module")
def trace_id(connection: duckdb.DuckDBPyConnection) -> int:
    ((found,),) = connection.execute("SELECT trace_id FROM trace ORDER BY trace_id LIMIT 1").fetchall()
    return int(found)


def rows(batches: Iterator[pa.RecordBatch]) -> list[dict[str, Any]]:
    return [row for batch in batches for row in batch.to_pylist()]


def test_goroutines_last_as_long_in_each_state_as_the_view_says(
    connection: duckdb.DuckDBPyConnection, trace_id: int
) -> None:
    lasted: Counter[str] = Counter()
    for row in rows(questions.slices(connection, trace_id)):
        if row["track"].endswith("\0G"):
            lasted[row["name"].partition(" (")[0]] += row["end_ns"] - row["start_ns"]

    (wanted,) = connection.execute(
        "SELECT SUM(running_ns), SUM(runnable_ns), SUM(syscall_ns), SUM(waiting_ns) FROM sched.goroutine WHERE trace_id = ?",
        [trace_id],
    ).fetchall()

    assert tuple(lasted[state] for state in ("running", "runnable", "syscall", "waiting")) == wanted
    assert wanted[0] > 0


def test_procs_ran_goroutines_for_as_long_as_goroutines_ran(
    connection: duckdb.DuckDBPyConnection, trace_id: int
) -> None:
    found = rows(questions.slices(connection, trace_id))

    on_procs = sum(row["end_ns"] - row["start_ns"] for row in found if row["track"].endswith("\0P"))
    running = sum(
        row["end_ns"] - row["start_ns"] for row in found if row["track"].endswith("\0G") and row["name"] == "running"
    )
    assert on_procs == running


def test_what_lasted_comes_in_the_order_of_its_beginning(connection: duckdb.DuckDBPyConnection, trace_id: int) -> None:
    starts = [row["start_ns"] for row in rows(questions.slices(connection, trace_id))]

    assert len(starts) > 100
    assert starts == sorted(starts)


def test_metrics_are_all_there_and_goroutines_are_counted(connection: duckdb.DuckDBPyConnection, trace_id: int) -> None:
    found = rows(questions.values(connection, trace_id))
    metrics = Counter(row["track"] for row in found if row["track"].startswith("/"))

    told = connection.execute("SELECT name, COUNT(*) FROM trace_metric WHERE trace_id = ? GROUP BY name", [trace_id])
    assert dict(metrics) == dict(told.fetchall())
    counts = [row["value"] for row in found if row["track"] == "goroutines running"]
    assert min(counts) == 0
    assert max(counts) >= 1
    # At the end nobody is in any state any more.
    assert counts[-1] == 0


def test_cpu_samples_name_stacks_that_are_asked_for(connection: duckdb.DuckDBPyConnection) -> None:
    for (trace_id,) in connection.execute("SELECT trace_id FROM trace").fetchall():
        stacks = {row["stack_id"] for row in rows(questions.cpu_samples(connection, trace_id))} - {None}

        assert stacks == set(questions.cpu_stacks(connection, trace_id))
        assert rows(questions.moments(connection, trace_id)) is not None
        assert questions.trace(connection, trace_id)["start_ns"] >= 0
