"""heapscape lake verify, heapscape lake vacuum."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

from tests.cli.seat import heapscape


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
