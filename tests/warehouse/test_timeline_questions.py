"""What the questions of a timeline read, and what they say that no tile does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from pipeline import flow
from pipeline.warehouse import timeline
from pipeline.warehouse import timeline_questions as asked
from pipeline.warehouse.connect import open_for_load
from tests.builders.long_trace import START_NS, long_trace
from tests.conftest import Once

TRANSITIONS = 1_500_000


@pytest.fixture(scope="module")
def long(once: Once) -> Iterator[duckdb.DuckDBPyConnection]:
    def make(folder: Path) -> None:
        long_trace(folder / "long.duckdb", transitions=TRANSITIONS)

    with flow.open_warehouse(str(once("long-trace-questions", make) / "long.duckdb")) as opened:
        yield opened


@pytest.fixture(scope="module")
def connection(traces: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with flow.open_warehouse(str(traces)) as opened:
        yield opened


def blocks(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[int, int]:
    """Blocks of transitions that a query reads, and how many there are."""
    ((_, plan),) = connection.execute(f"EXPLAIN (ANALYZE, FORMAT json) {query}").fetchall()

    def scans(node: dict[str, Any]) -> Iterator[tuple[int, int]]:
        if str(node.get("extra_info", {}).get("Table", "")).endswith("._goroutine_transition"):
            yield node["row_groups_scanned"], node["total_row_groups_to_scan"]
        for below in node.get("children", ()):
            yield from scans(below)

    (found,) = scans(json.loads(plan)["operator"][0])
    return found


def test_a_window_reads_the_blocks_of_its_own_time_alone(
    long: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    queries: list[str] = []

    def listen(connection: duckdb.DuckDBPyConnection, query: str, *rest: Any, **more: Any) -> Any:
        queries.append(query)
        return real(connection, query, *rest, **more)

    real = asked.batches
    monkeypatch.setattr(asked, "batches", listen)
    middle = 400_000_000
    near_rows = sum(
        batch.num_rows
        for batch in asked.transitions(long, 1, START_NS, window=asked.Window(middle, middle + 1_000_000, middle))
    )
    all_rows = sum(batch.num_rows for batch in asked.transitions(long, 1, START_NS))

    assert 0 < near_rows < all_rows
    (near, known), whole = (blocks(long, query) for query in queries)
    assert whole == (known, known)
    # A window may lie where one block ends and the next begins.
    assert 1 <= near <= 2 < known


def test_a_stack_of_a_goroutine_weighs_what_it_was_in_the_state_for(connection: duckdb.DuckDBPyConnection) -> None:
    weights = connection.execute(
        "SELECT goroutine, SUM(duration_ns)::BIGINT FROM goroutine_transition"
        " WHERE trace_id = 1 AND from_state = 'waiting' AND duration_ns IS NOT NULL GROUP BY goroutine"
    ).fetchall()
    for goroutine, waited in weights:
        rows = asked.stacks(connection, 1, goroutine, "waiting").table.to_pylist()

        assert (rows[0]["level"], rows[0]["label"], rows[0]["value"]) == (0, "root", waited)
        assert sum(row["self"] for row in rows) == waited
        # Depth first: a level is at most one below the row before, and what is below a node is part of it.
        for before, row in pairwise(rows):
            assert 1 <= row["level"] <= before["level"] + 1
        for place, row in enumerate(rows):
            below = []
            for other in rows[place + 1 :]:
                if other["level"] <= row["level"]:
                    break
                below.append(other)
            children = sum(other["value"] for other in below if other["level"] == row["level"] + 1)
            assert row["value"] == row["self"] + children
    assert len(weights) > 5
    assert asked.stacks(connection, 1, 10**9, "waiting").table.num_rows == 0


def test_a_goroutine_is_told_of_from_its_beginning_to_its_end(connection: duckdb.DuckDBPyConnection) -> None:
    (start_ns, end_ns), *_ = connection.execute("SELECT start_ns, end_ns FROM trace WHERE trace_id = 1").fetchall()
    born = connection.execute(
        "SELECT goroutine, time_ns FROM goroutine_transition WHERE trace_id = 1 AND from_state = 'not exist' ORDER BY 2"
    ).fetchall()
    for goroutine, time_ns in born:
        assert asked.stay(connection, 1, goroutine, time_ns - 1).table.num_rows == 0
        (first,) = asked.stay(connection, 1, goroutine, time_ns).table.to_pylist()
        assert (first["state"], first["start_ns"]) == ("runnable", time_ns)
    older = connection.execute(
        "SELECT goroutine, to_state FROM goroutine_transition WHERE trace_id = 1 AND from_state = 'undetermined'"
    ).fetchall()
    for goroutine, state in older:
        (first,) = asked.stay(connection, 1, goroutine, start_ns).table.to_pylist()
        assert (first["state"], first["start_ns"], first["is_cut_at_start"]) == (state, start_ns, True)
    stays = connection.execute(
        "SELECT goroutine, state, start_ns, end_ns, is_cut_at_end FROM sched._state WHERE trace_id = 1 AND end_ns = ?",
        [end_ns],
    ).fetchall()
    for goroutine, state, since, until, is_cut in stays:
        (last,) = asked.stay(connection, 1, goroutine, until - 1).table.to_pylist()
        assert (last["state"], last["start_ns"], last["end_ns"], last["is_cut_at_end"]) == (state, since, until, is_cut)
    assert born
    assert older
    assert stays


def test_the_newest_trace_is_the_last(connection: duckdb.DuckDBPyConnection) -> None:
    found = asked.traces(connection).table.to_pylist()

    assert [row["trace_id"] for row in found] == sorted(row["trace_id"] for row in found)
    assert [asked.traces(connection, row["trace_id"]).table.to_pylist() for row in found] == [[row] for row in found]
    assert asked.traces(connection, 10**6).table.num_rows == 0
    assert {Path(row["uri"]).suffix for row in found} == {".trace"}


def times(connection: duckdb.DuckDBPyConnection) -> list[list[int]]:
    """How long goroutines 2 and 3 were in each state."""
    line = timeline.opened(connection, 1)
    window = timeline.window(connection, line, timeline.Lanes(np.array([2, 3])), since_ns=0, until_ns=line.duration_ns)
    return window.lanes[:, 0].tolist()


@pytest.mark.parametrize("start_ns", [-(1 << 63), 0, (1 << 63) - 1_000_000_001])
def test_times_that_are_far_away_from_their_trace_are_no_error(tmp_path: Path, start_ns: int) -> None:
    least, most = -(1 << 63), (1 << 63) - 1
    path = str(tmp_path / "far.duckdb")
    long_trace(Path(path), transitions=240)
    with open_for_load(path) as opened:
        opened.execute(
            f"UPDATE _goroutine_transition SET time_ns_ticks = time_ns_ticks + {(start_ns - START_NS) // 64}"
        )
        opened.execute(f"UPDATE trace SET start_ns = {start_ns}, end_ns = {start_ns + 1_000_000_000}")
        spared = times(opened)
        for time in (least, start_ns + 500_000_000, most):
            opened.execute(
                f"INSERT INTO _goroutine_transition BY NAME SELECT 2 AS alike_id, 1 AS trace_id, 1 AS goroutine, 0 AS proc,"
                f" {time >> 6} AS time_ns_ticks, {time & 63} AS time_ns_rest"
            )
            opened.execute(
                f"INSERT INTO proc_transition BY NAME SELECT 1 AS trace_id, {time} AS time_ns, 0 AS proc,"
                " 'idle' AS from_state, 'running' AS to_state"
            )
            opened.execute(
                f"INSERT INTO trace_range BY NAME SELECT 1 AS trace_id, 'stop-the-world' AS name, {time} AS start_ns, {time} AS end_ns"
            )
            opened.execute(
                f"INSERT INTO trace_metric BY NAME SELECT 1 AS trace_id, '/memory/classes/heap/objects:bytes' AS name,"
                f" {time} AS time_ns, 7 AS value"
            )

    with flow.open_warehouse(path) as connection:
        found = times(connection)
        line, lanes = timeline.opened(connection, 1), timeline.Lanes(np.arange(4))
        for level in (timeline.FINEST, 20, timeline.COARSEST):
            timeline.tile(connection, line, lanes, level=level, index=0)
            heap = timeline.heap(connection, line, level=level, index=0)

    # What goroutines 2 and 3 did is what a trace without such rows says.
    assert found == spared
    assert heap.max() == 7
