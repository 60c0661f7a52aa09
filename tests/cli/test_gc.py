"""heapscape gc, of real logs and traces."""

from __future__ import annotations

from pathlib import Path

from tests.cli.seat import LAST, TRACES, heapscape

LOGS = TRACES.parents[2] / "collector" / "service=collector" / "build=go1.27-trim"
MOMENTS = TRACES.parents[2] / "moments"


def test_a_log_is_answered_without_a_database(tmp_path: Path) -> None:
    seen = heapscape("gc", LOGS / "idle.log")

    assert seen.code == 0
    assert seen.out.startswith("collector · build go1.27-trim · idle.log: 19 GC cycles in 2.00")
    assert "began      14 by the heap, 4 forced, 1 after two minutes" in seen.out
    assert list(tmp_path.iterdir()) == []


def test_logs_and_traces_are_told_of_alike_those_with_most_cycles_first() -> None:
    rows = heapscape("gc", LOGS, TRACES / "plain.trace", "--format", "json").json()

    assert [(row["source"], row["cycles"]) for row in rows] == [
        ("gctrace", 19),
        ("gctrace", 18),
        ("gctrace", 18),
        ("trace", 7),
    ]
    assert all(row["pauses"] >= 2 * row["cycles"] - 1 for row in rows)


def test_no_more_than_the_limit_is_printed() -> None:
    seen = heapscape("gc", LOGS, "-n", "1")

    assert seen.out.count("GC cycles in") == 1
    assert "and 2 with fewer cycles; choose with --service, --instance, --build, or -n 3" in seen.err


def test_where_there_are_no_cycles_it_says_how_to_get_some() -> None:
    seen = heapscape("gc", LAST)

    assert seen.code == 2
    assert "there are no GC cycles; run the program with GODEBUG=gctrace=1" in seen.err


def test_an_owner_without_cycles_is_told_of_those_with_some() -> None:
    seen = heapscape("gc", LOGS / "idle.log", "--service", "other")

    assert seen.code == 2
    assert "--service other: none of 1 process with GC cycles has this service; there is collector" in seen.err


def test_of_the_memstats_of_one_process_the_last_tell_of_it_once() -> None:
    folder = MOMENTS / "service=moments" / "build=go1.27-trim"

    seen = heapscape("gc", folder / "memstats.jsonl", *sorted(folder.glob("heap-*.txt")))

    assert seen.out.count("GC cycles since it started") == 1
    assert "13 GC cycles since it started" in seen.out
