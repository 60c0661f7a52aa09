"""heapscape memory, of real MemStats and metrics."""

from __future__ import annotations

from pathlib import Path

from tests.cli.seat import LAST, TRACES, heapscape

FILES = TRACES.parents[2]
VARS = FILES / "memory" / "service=memory" / "build=go1.27-trim" / "vars.json"


def test_a_file_is_answered_without_a_database(tmp_path: Path) -> None:
    seen = heapscape("memory", VARS)

    assert seen.code == 0
    assert seen.out.startswith("memory · build go1.27-trim · vars.json · 1 moment: ")
    assert "no limit is known: ingest the files with --label memory_limit=512MiB" in seen.out
    assert "objects, reachable or not yet swept" in seen.out
    assert list(tmp_path.iterdir()) == []


def test_memory_is_held_against_the_limit_that_its_files_were_given() -> None:
    assert heapscape("ingest", VARS, FILES / "exposer", "--label", "memory_limit=64MiB", "--lake", "lake").code == 1
    assert heapscape("load", "--lake", "lake", "--db", "own.duckdb").code == 0

    rows = heapscape("memory", "--db", "own.duckdb", "--format", "json").json()

    # Two scrapes of one process are one row.
    assert [(row["service"], row["files"], row["moments"]) for row in rows] == [("memory", 1, 1), ("exposer", 2, 2)]
    assert [row["used_bytes"] for row in rows] == sorted((row["used_bytes"] for row in rows), reverse=True)
    assert {row["headroom_bytes"] + row["used_bytes"] for row in rows} == {64 << 20}


def test_where_nothing_tells_of_memory_it_says_what_does() -> None:
    seen = heapscape("memory", LAST)

    assert seen.code == 2
    assert "there are no MemStats and no metrics; fetch some with: curl -o vars.json" in seen.err


def test_an_owner_without_any_is_told_of_those_with_some() -> None:
    seen = heapscape("memory", VARS, "--service", "other")

    assert seen.code == 2
    assert "--service other: none of 1 process with MemStats or metrics has this service; there is memory" in seen.err
