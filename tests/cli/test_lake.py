"""heapscape lake verify."""

from __future__ import annotations

import shutil
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
