"""The views over goroutines, waits, groups and regions against the summaries that Go's own packages make of a trace."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from pipeline import flow
from pipeline.inputs.limits import Limits
from tests.oracle import trace_facts

pytestmark = pytest.mark.oracle

FILES = Path(__file__).resolve().parents[1] / "fixtures" / "files"
TRACES = sorted(FILES.rglob("*.trace"))
LIMITS = Limits(max_plain_bytes=1 << 28, max_ratio=1_100, max_members=10_000, max_depth=3)

Row = dict[str, Any]
# By goroutine, state and what it waited for.
Times = dict[tuple[int, str, str], int]
Ask = Callable[[str], list[Row]]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All traces in one database."""
    folder = tmp_path_factory.mktemp("goroutines")
    flow.ingest([str(path) for path in TRACES], str(folder / "lake"), labels={}, limits=LIMITS)
    flow.load(str(folder / "lake"), str(folder / "traces.duckdb"))
    return folder / "traces.duckdb"


@pytest.fixture(params=TRACES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def trace(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


@pytest.fixture
def ask(trace: Path, database: Path) -> Ask:
    """What a query over one trace says; `$trace_id` is its id."""
    of = f"(SELECT trace_id FROM trace JOIN source USING (source_id) WHERE uri = '{trace}')"

    def ask(query: str) -> list[Row]:
        with flow.open_warehouse(str(database)) as connection:
            return connection.sql(query.format(of=of)).to_arrow_table().to_pylist()

    return ask


@pytest.fixture
def summaries(trace: Path) -> list[Row]:
    return trace_facts.goroutines(trace)


def times(summary: Row) -> Iterable[tuple[tuple[int, str, str], int]]:
    """A goroutine's times by state and what it waited for, as Go's summary says them."""
    goroutine, syscall_ns = summary["goroutine"], summary["syscall_ns"] + summary["syscall_blocked_ns"]
    waits = {(goroutine, "waiting", reason): time for reason, time in summary["waiting_ns"].items()}
    in_all = summary["running_ns"] + summary["runnable_ns"] + syscall_ns + sum(waits.values())
    # When the trace ends in a system call whose proc was taken, Go counts the time since then as runnable too.
    twice = max(0, in_all - summary["total_ns"])
    yield from waits.items()
    yield (goroutine, "running", ""), summary["running_ns"]
    yield (goroutine, "runnable", ""), summary["runnable_ns"] - twice
    yield (goroutine, "syscall", ""), syscall_ns


def forever(ask: Ask) -> dict[int, int]:
    """How long goroutines were blocked that will be for ever: to Go they have ended when they begin that."""
    found = ask("SELECT goroutine, waiting_ns FROM sched.goroutine_wait WHERE trace_id = {of} AND reason = 'forever'")
    return {row["goroutine"]: row["waiting_ns"] for row in found}


def some(found: Iterable[tuple[Any, int]]) -> dict[Any, int]:
    return {key: value for key, value in found if value}


def test_times_in_states_and_waits_are_gos(ask: Ask, summaries: list[Row]) -> None:
    states = ask("SELECT goroutine, running_ns, runnable_ns, syscall_ns FROM sched.goroutine WHERE trace_id = {of}")
    waits = ask("FROM sched.goroutine_wait WHERE trace_id = {of} AND reason <> 'forever'")

    mine = some(
        [
            ((row["goroutine"], name, ""), row[f"{name}_ns"])
            for row in states
            for name in ("running", "runnable", "syscall")
        ]
        + [((row["goroutine"], "waiting", row["reason"]), row["waiting_ns"]) for row in waits]
    )
    assert mine == some(pair for summary in summaries for pair in times(summary))
    assert {state for _, state, _ in mine} >= {"running", "runnable", "waiting"}


def test_lives_are_gos_and_are_the_sums_of_their_states(ask: Ask, summaries: list[Row]) -> None:
    rows = ask("FROM sched.goroutine WHERE trace_id = {of}")

    blocked = forever(ask)
    assert {row["goroutine"]: row["total_ns"] - blocked.get(row["goroutine"], 0) for row in rows} == {
        summary["goroutine"]: summary["total_ns"] for summary in summaries
    }
    states = ("running", "runnable", "syscall", "waiting")
    assert [row for row in rows if row["total_ns"] != sum(row[f"{name}_ns"] for name in states)] == []


def test_beginnings_and_ends_are_gos(ask: Ask, summaries: list[Row]) -> None:
    start_ns = ask("SELECT start_ns FROM trace WHERE trace_id = {of}")[0]["start_ns"]
    rows = ask("SELECT goroutine, created_ns, ended_ns FROM sched.goroutine WHERE trace_id = {of}")

    blocked = forever(ask)
    assert {row["goroutine"]: row["created_ns"] or start_ns for row in rows} == {
        summary["goroutine"]: summary["created"] for summary in summaries
    }
    assert {row["goroutine"]: row["ended_ns"] or 0 for row in rows if row["goroutine"] not in blocked} == {
        summary["goroutine"]: summary["ended"] for summary in summaries if summary["goroutine"] not in blocked
    }


def test_first_runs_are_gos(ask: Ask, summaries: list[Row]) -> None:
    # Go takes what runs when the trace begins to start with the first word of it.
    rows = ask("""
        SELECT goroutine, started_ns FROM sched.goroutine JOIN trace USING (trace_id)
        WHERE trace_id = {of} AND started_ns IS DISTINCT FROM start_ns""")

    started = {summary["goroutine"]: summary["started"] for summary in summaries}
    assert len(rows) >= len(summaries) - 1
    assert {row["goroutine"]: row["started_ns"] or 0 for row in rows} == {
        row["goroutine"]: started[row["goroutine"]] for row in rows
    }


def test_groups_are_gos(ask: Ask, summaries: list[Row]) -> None:
    rows = ask("FROM sched.goroutine_group WHERE trace_id = {of}")

    goroutines: Counter[str] = Counter()
    running: Counter[str] = Counter()
    for summary in summaries:
        goroutines[summary["name"]] += 1
        running[summary["name"]] += summary["running_ns"]
    assert {row["function"] or "": row["goroutines"] for row in rows} == goroutines
    assert {row["function"] or "": row["running_ns"] for row in rows} == running


def test_help_for_the_gc_takes_what_go_says(ask: Ask, summaries: list[Row]) -> None:
    rows = ask("SELECT goroutine, mark_assist_ns, sweep_ns FROM sched.goroutine WHERE trace_id = {of}")

    for column, name in (("mark_assist_ns", "GC mark assist"), ("sweep_ns", "GC incremental sweep")):
        assert some((row["goroutine"], row[column]) for row in rows) == some(
            (summary["goroutine"], summary["range_ns"].get(name, 0)) for summary in summaries
        )


def test_regions_are_gos(ask: Ask, summaries: list[Row], trace: Path) -> None:
    rows = ask("SELECT goroutine, task, name, begin_ns, end_ns FROM sched.region WHERE trace_id = {of}")

    mine = Counter(tuple(row.values()) for row in rows)
    # Go makes regions up for goroutines that are created in one; those have no name.
    assert mine == Counter(
        (summary["goroutine"], region["task"], region["name"], region["begin"], region["end"])
        for summary in summaries
        for region in summary["regions"]
        if region["name"]
    )
    assert len(mine) > 20 or "everykind" in str(trace)
