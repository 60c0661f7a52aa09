"""What tells one lake from another."""

from __future__ import annotations

from pathlib import Path

from pipeline.lake.identity import fingerprint
from tests.lake.builder import ingest


def test_a_lake_without_a_commit_has_none(tmp_path: Path) -> None:
    assert fingerprint(str(tmp_path / "nowhere")) == ""


def test_it_stays_the_same_as_the_lake_grows(tmp_path: Path) -> None:
    lake = str(tmp_path / "lake")
    ingest(lake, "first")
    before = fingerprint(lake)

    ingest(lake, "second")

    assert len(before) == 64
    assert fingerprint(lake) == before


def test_it_goes_with_the_lake_when_that_is_moved(tmp_path: Path) -> None:
    ingest(str(tmp_path / "lake"), "first")
    before = fingerprint(str(tmp_path / "lake"))

    (tmp_path / "lake").rename(tmp_path / "moved")

    assert fingerprint(str(tmp_path / "moved")) == before


def test_two_lakes_differ(tmp_path: Path) -> None:
    for name in ("one", "two"):
        ingest(str(tmp_path / name), name)

    assert fingerprint(str(tmp_path / "one")) != fingerprint(str(tmp_path / "two"))
