"""heapscape lake verify, heapscape lake vacuum."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

from tests.cli.seat import DEMO_HEAPS, REPORT, heapscape


def test_a_lake_that_is_as_written_is_sound(demo_lake: Path) -> None:
    seen = heapscape("lake", "verify", "--lake", demo_lake)

    assert (seen.code, seen.out) == (0, f"{demo_lake}: sound\n")
    assert heapscape("lake", "verify", "--lake", demo_lake, "--format", "json").json() == []


def test_a_changed_file_is_3_and_named(demo_lake: Path, tmp_path: Path) -> None:
    shutil.copytree(demo_lake, tmp_path / "lake")
    victim = next((tmp_path / "lake" / "sample").rglob("*.parquet"))
    content = bytearray(victim.read_bytes())
    content[len(content) // 2] ^= 1
    victim.chmod(0o644)
    victim.write_bytes(content)

    seen = heapscape("lake", "verify", "--lake", "lake")
    findings = heapscape("lake", "verify", "--lake", "lake", "--format", "json").json()

    assert seen.code == 3
    assert victim.name in seen.out
    assert {finding["severity"] for finding in findings} == {"error"}


def test_a_missing_file_is_3_and_named(demo_lake: Path, tmp_path: Path) -> None:
    shutil.copytree(demo_lake, tmp_path / "lake")
    victim = next((tmp_path / "lake" / "stack").rglob("*.parquet"))
    victim.unlink()

    seen = heapscape("lake", "verify", "--lake", "lake")

    assert seen.code == 3
    assert victim.name in seen.out


def test_a_lake_that_is_not_there_is_2() -> None:
    seen = heapscape("lake", "verify", "--lake", "nowhere")

    assert seen.code == 2
    assert "nowhere: the lake is empty or not there" in seen.err


def _left_behind(lake: Path, *, hours: float) -> str:
    """A file as a crash leaves it, last touched so long ago."""
    path = lake / "sample" / f".{'0' * 32}.tmp"
    path.write_bytes(b"half a file")
    os.utime(path, (time.time() - 3600 * hours,) * 2)
    return str(path.relative_to(lake))


def test_what_a_crash_left_is_swept_once_it_is_old(demo_lake: Path, tmp_path: Path) -> None:
    shutil.copytree(demo_lake, tmp_path / "lake")
    left = _left_behind(tmp_path / "lake", hours=2)

    found = heapscape("lake", "verify", "--lake", "lake").out
    young = heapscape("lake", "vacuum", "--lake", "lake")
    old = heapscape("lake", "vacuum", "--lake", "lake", "--older-than", "1", "--format", "json")

    assert "`heapscape lake vacuum` removes it" in found
    assert (young.code, young.out) == (0, "lake: 0 files removed\n")
    assert (old.code, old.json()) == (0, [left])
    assert heapscape("lake", "verify", "--lake", "lake").out == "lake: sound\n"


def test_other_peoples_files_are_not_swept(demo_lake: Path, tmp_path: Path) -> None:
    shutil.copytree(demo_lake, tmp_path / "lake")
    theirs = tmp_path / "lake" / "sample" / "notes.txt"
    theirs.write_text("mine")

    seen = heapscape("lake", "vacuum", "--lake", "lake", "--older-than", "0")

    assert (seen.code, theirs.read_text()) == (0, "mine")
    assert heapscape("lake", "verify", "--lake", "lake").out == "lake: sound\n"


def test_a_lake_that_is_not_there_is_not_swept() -> None:
    seen = heapscape("lake", "vacuum", "--lake", "nowhere")

    assert seen.code == 2
    assert "nowhere: the lake is empty or not there" in seen.err


def test_relabel_says_what_it_labelled_and_the_next_load_has_it(tmp_path: Path) -> None:
    heapscape("ingest", DEMO_HEAPS, REPORT, "--lake", "lake")
    heapscape("load", "--lake", "lake", "--db", "x.duckdb")

    seen = heapscape("lake", "relabel", DEMO_HEAPS, REPORT, "--lake", "lake", "--label", "service=pay")
    heapscape("load", "--lake", "lake", "--db", "x.duckdb")

    assert seen.code == 0
    assert seen.out.splitlines()[-1] == "lake: 14 sources labelled service=pay"
    assert heapscape("growth", "--db", "x.duckdb").out.startswith("pay · instance a · build 1.4.2 · live heap ")
    assert heapscape("escapes", "--service", "pay", "--db", "x.duckdb", "--format", "json").json()
    assert heapscape("lake", "relabel", DEMO_HEAPS, "--lake", "lake").code == 2


def test_labels_of_known_files_stay_and_that_is_said_each_time(tmp_path: Path) -> None:
    heapscape("ingest", DEMO_HEAPS, REPORT, "--lake", "lake")

    for _ in range(2):
        seen = heapscape("ingest", DEMO_HEAPS, REPORT, "--label", "service=pay", "--lake", "lake")
        assert "14 inputs: nothing new · 14 already there" in seen.err
        assert "labels stay: 14 inputs were there already under other labels than these: " in seen.err
        assert "to change them: heapscape lake relabel INPUT... --label KEY=VALUE" in seen.err
    heapscape("lake", "relabel", DEMO_HEAPS, REPORT, "--label", "service=pay", "--lake", "lake")
    again = heapscape("ingest", DEMO_HEAPS, REPORT, "--label", "service=pay", "--lake", "lake")

    assert "labels stay" not in again.err
    assert "14 already there" in again.err


def test_the_same_report_of_another_build_is_another_report(tmp_path: Path) -> None:
    for build in ("1", "2"):
        copy = tmp_path / f"{build}.txt"
        copy.write_bytes(REPORT.read_bytes())
        seen = heapscape("ingest", copy, "--label", f"build={build}", "--lake", "lake")
        assert "1 escape report " in seen.err
