"""heapscape load."""

from __future__ import annotations

from pathlib import Path

import duckdb

from tests.cli.seat import DEMO, DEMO_HEAPS, FIRST, heapscape


def counted(db: str | Path, table: str) -> int:
    (row,) = heapscape("sql", f"SELECT COUNT(*) AS n FROM {table}", "--db", db, "--format", "json").json()
    return int(row["n"])


def test_only_what_is_new_is_loaded() -> None:
    heapscape("ingest", FIRST, "--lake", "lake")
    first = heapscape("load", "--lake", "lake", "--db", "h.duckdb", "--format", "json").json()
    heapscape("ingest", DEMO_HEAPS, "--lake", "lake")

    second = heapscape("load", "--lake", "lake", "--db", "h.duckdb", "--format", "json").json()
    third = heapscape("load", "--lake", "lake", "--db", "h.duckdb", "--format", "json").json()

    assert (first["batch"], first["new_rows"]["profile"]) == (1, 1)
    assert (second["batch"], second["new_rows"]["profile"]) == (2, 12)
    assert third == {"batch": 2, "new_rows": {}}
    assert counted("h.duckdb", "profile") == 13


def test_the_text_says_the_commit_and_the_rows(demo_lake: Path) -> None:
    rows = heapscape("load", "--lake", demo_lake, "--db", "one.duckdb", "--format", "json").json()["new_rows"]

    seen = heapscape("load", "--lake", demo_lake, "--db", "two.duckdb")

    assert seen.out.startswith(f"two.duckdb is at batch 1 of {demo_lake}: {sum(rows.values()):,} new rows, ")


def test_a_missing_lake_is_2_and_makes_no_database(tmp_path: Path) -> None:
    seen = heapscape("load", "--lake", "nowhere", "--db", "h.duckdb")

    assert seen.code == 2
    assert "nowhere: the lake is empty or not there; fill it with: heapscape ingest" in seen.err
    assert list(tmp_path.iterdir()) == []


def test_a_mistyped_lake_leaves_the_database_as_it_is(demo_lake: Path) -> None:
    heapscape("load", "--lake", demo_lake, "--db", "h.duckdb")

    seen = heapscape("load", "--lake", "typo", "--db", "h.duckdb")

    assert seen.code == 2
    assert counted("h.duckdb", "profile") == 13


def test_a_folder_that_is_not_there_is_2(demo_lake: Path) -> None:
    seen = heapscape("load", "--lake", demo_lake, "--db", "no/h.duckdb")

    assert seen.code == 2
    assert "/no does not exist; make it first" in seen.err


def test_a_file_of_somebody_else_is_left_alone(demo_lake: Path, tmp_path: Path) -> None:
    mine = duckdb.connect("mine.duckdb")
    mine.execute("CREATE TABLE precious (a INTEGER)")
    mine.close()
    before = (tmp_path / "mine.duckdb").read_bytes()

    seen = heapscape("load", "--lake", demo_lake, "--db", "mine.duckdb")

    assert seen.code == 3
    assert "was not made by heapscape" in seen.err
    assert (tmp_path / "mine.duckdb").read_bytes() == before


def test_who_reads_the_old_file_keeps_it() -> None:
    heapscape("ingest", FIRST, "--lake", "lake")
    heapscape("load", "--lake", "lake", "--db", "h.duckdb")
    reader = duckdb.connect("h.duckdb", read_only=True)
    heapscape("ingest", DEMO, "--lake", "lake")

    heapscape("load", "--lake", "lake", "--db", "h.duckdb")

    assert reader.execute("SELECT COUNT(*) FROM profile").fetchall() == [(1,)]
    reader.close()
    assert counted("h.duckdb", "profile") == 13
