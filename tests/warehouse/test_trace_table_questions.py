"""The tables of a real trace, whose program says what it does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from pipeline import flow
from pipeline.errors import QueryError
from pipeline.warehouse import trace_table_questions as asked
from tests.warehouse.builder import offer

TRACE = (
    Path(__file__).parents[1] / "fixtures" / "files" / "tracer" / "service=tracer" / "build=go1.27-trim" / "plain.trace"
)


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[duckdb.DuckDBPyConnection, list[int]]]:
    """A database with one execution trace, and the trace's id."""
    folder = tmp_path_factory.mktemp("tables")
    offer(folder / "lake", "plain.trace", TRACE.read_bytes())
    flow.load(str(folder / "lake"), str(folder / "answers.duckdb"))
    with flow.open_warehouse(str(folder / "answers.duckdb")) as connection:
        yield connection, [connection.sql("SELECT trace_id FROM trace").fetchall()[0][0]]


def test_types_of_tasks_come_by_name_and_tasks_of_a_type_slowest_first(
    traced: tuple[duckdb.DuckDBPyConnection, list[int]],
) -> None:
    types = asked.task_types(*traced).table.to_pylist()
    orders = asked.tasks(*traced, "order").table.to_pylist()

    assert [(row["name"], row["tasks"], row["complete_tasks"]) for row in types] == [
        ("never ends", 1, 0),
        ("order", 6, 6),
        ("ship", 6, 6),
    ]
    assert [row["task"] for row in orders] == [3, 1, 9, 11, 5, 7]
    assert orders[1]["since_start_ns"] == 16_107_904


def test_regions_come_by_name(traced: tuple[duckdb.DuckDBPyConnection, list[int]]) -> None:
    rows = asked.region_types(*traced).table.to_pylist()

    assert [(row["name"], row["function"], row["regions"]) for row in rows] == [
        ("check out", "main.main", 6),
        ("left open", "main.main", 1),
        ("pack", "main.shipper", 6),
        ("pay", "main.main", 6),
        ("price", "main.main", 6),
    ]


def test_messages_are_found_by_category_or_text(traced: tuple[duckdb.DuckDBPyConnection, list[int]]) -> None:
    paid = asked.logs(*traced, "pa.d").table.to_pylist()
    payment = asked.logs(*traced, "^payment$").table.to_pylist()

    assert paid == payment
    assert {(row["category"], row["message"], row["task_name"]) for row in paid} == {("payment", "«paid»\n", "order")}
    assert len(paid) == 6
    assert asked.logs(*traced, "").table.num_rows == 13
    with pytest.raises(QueryError):
        asked.logs(*traced, "(")


def test_waits_for_a_proc_and_procs_add_up(traced: tuple[duckdb.DuckDBPyConnection, list[int]]) -> None:
    rows = asked.latency(*traced).table.to_pylist()
    procs = asked.procs(*traced).table.to_pylist()

    main = next(row for row in rows if row["function"] == "main.main")
    assert (main["waits"], main["delay_ns"]) == (1_162, 566_992)
    assert sum(bucket["count"] for bucket in main["histogram"]) == 1_162
    assert [row["delay_ns"] for row in rows] == sorted((row["delay_ns"] for row in rows), reverse=True)
    assert [row["proc"] for row in procs] == [0, 1, 2, 3]
    assert [row for row in procs if row["executing_ns"] + row["syscall_ns"] > row["running_ns"]] == []


def test_kinds_of_blocking_are_asked_apart(traced: tuple[duckdb.DuckDBPyConnection, list[int]]) -> None:
    every = asked.blocking(*traced, ()).table.to_pylist()
    one = asked.blocking(*traced, ("sync",)).table.to_pylist()

    assert list(dict.fromkeys(row["kind"] for row in every)) == ["network", "sync", "select", "syscall", "sched"]
    assert [row for row in every if row["kind"] == "sync"] == one
    assert (one[0]["function"], one[0]["contentions"], one[0]["delay_ns"]) == ("runtime.chanrecv2", 2, 7_562_048)


def test_every_window_has_a_utilisation(traced: tuple[duckdb.DuckDBPyConnection, list[int]]) -> None:
    rows = asked.mmu(*traced, [10_000_000, 1_000_000]).table.to_pylist()

    assert [row["window_ns"] for row in rows] == [1_000_000, 10_000_000]
    assert [round(row["utilisation"], 3) for row in rows] == [0.434, 0.866]
    assert rows[0]["since_start_ns"] == 10_650_880
