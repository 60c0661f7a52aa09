"""heapscape report."""

from __future__ import annotations

from pathlib import Path

from tests.cli.seat import DEMO_HEAPS, REPORT, heapscape


def test_the_page_has_sites_reasons_and_refusals(demo: Path, tmp_path: Path) -> None:
    seen = heapscape("report", "--db", demo, "-o", "growth.html")

    page = (tmp_path / "growth.html").read_text()
    assert (seen.code, seen.out) == (0, "growth.html\n")
    assert "store/cache.go:21" in page
    assert "entry moved to heap" in page
    assert "notes.txt" in page


def test_the_page_stands_alone(demo: Path, tmp_path: Path) -> None:
    heapscape("report", "--db", demo)

    page = (tmp_path / "heapscape.html").read_text()
    assert "<script src" not in page
    assert "<link" not in page


def test_the_same_data_make_the_same_page(demo: Path, tmp_path: Path) -> None:
    for name in ("one.html", "two.html"):
        heapscape("report", "--db", demo, "-o", name)

    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "two.html").read_bytes()


def test_files_are_reported_without_a_database(tmp_path: Path) -> None:
    seen = heapscape("report", DEMO_HEAPS, REPORT, "-o", "growth.html")

    assert seen.code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["growth.html"]


def test_a_page_that_cannot_be_written_is_2(demo: Path) -> None:
    seen = heapscape("report", "--db", demo, "-o", "no/folder/x.html")

    assert seen.code == 2
    assert "no/folder/x.html: cannot be written: No such file or directory" in seen.err
