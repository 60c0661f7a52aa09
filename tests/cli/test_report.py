"""heapscape report."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

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


def test_the_ending_of_the_name_says_what_it_becomes(demo: Path, tmp_path: Path) -> None:
    for name in ("growth.md", "growth.json", "growth.html", "growth"):
        assert heapscape("report", "--db", demo, "-o", name).out == f"{name}\n"

    assert (tmp_path / "growth.md").read_text().startswith("### Heap growth of `checkout · a · build 1.4.2`\n")
    assert json.loads((tmp_path / "growth.json").read_text())["series"][0]["sites"][0]["line"] == 21
    for name in ("growth.html", "growth"):
        assert (tmp_path / name).read_text().startswith("<!DOCTYPE html>")


def test_a_comment_and_an_object_go_to_standard_output_and_a_page_there_when_asked(demo: Path, tmp_path: Path) -> None:
    assert heapscape("report", "--db", demo, "--format", "markdown").out.startswith("### Heap growth")
    assert heapscape("report", "--db", demo, "--format", "json").json()["report"] == "heap growth"
    assert heapscape("report", "--db", demo, "-o", "-").out.startswith("<!DOCTYPE html>")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["flame", "-o", "-"],
        ["flame", "--growth", "-o", "-"],
        ["diff", "--html", "-"],
        ["flame", "--format", "json", "-o", "-"],
    ],
)
def test_a_dash_is_standard_output_and_no_file(demo: Path, tmp_path: Path, arguments: list[str]) -> None:
    seen = heapscape(*arguments, "--db", demo)

    assert seen.code == 0
    assert seen.out.startswith("[" if "json" in arguments else "<!DOCTYPE html>")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", DEMO_HEAPS, "--report", "-"],
        ["sql", "SELECT 1", "--parquet", "-"],
        ["growth", "--db", "-"],
        ["load", "--lake", "-"],
    ],
)
def test_where_standard_output_has_no_place_a_dash_is_refused(tmp_path: Path, arguments: list[str]) -> None:
    seen = heapscape(*arguments)

    assert (seen.code, seen.out) == (2, "")
    assert "a file of this name is ./-" in seen.err
    assert list(tmp_path.iterdir()) == []


def test_a_comment_has_as_many_sites_as_asked_and_links_to_the_server(demo: Path) -> None:
    seen = heapscape("report", "--db", demo, "--format", "markdown", "-n", "2", "--server", "http://pod:8787")

    assert sum(line.startswith("| ") and "`" in line for line in seen.out.splitlines()) == 2
    assert "](http://pod:8787/growth?series=" in seen.out
    assert heapscape("report", "--db", demo, "--server", "pod:8787").code == 2


def test_the_page_of_the_bundled_example_is_far_below_a_megabyte(demo: Path) -> None:
    assert len(heapscape("report", "--db", demo, "-o", "-").answer) < 200_000


def test_a_report_tells_what_the_collector_and_memory_did_of_the_same_owner(every_kind: Path) -> None:
    told = heapscape("report", "--db", every_kind, "--format", "json").json()
    nobody = heapscape("report", "--db", every_kind, "--format", "json", "--service", "nobody")

    assert told["collectors"][0]["cycles"] > 0
    assert told["memories"][0]["used_bytes"] > 0
    assert (nobody.code, nobody.out) == (2, "")
    assert "GC and memory" in heapscape("report", "--db", every_kind, "-o", "-").out
