"""heapscape plot."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.cli.pictures import PLOTS
from tests.cli.seat import DEMO_HEAPS, LAST, REPORT, heapscape


def test_without_a_name_every_picture_is_listed_with_what_it_shows() -> None:
    seen = heapscape("plot")

    assert seen.code == 0
    assert [line.split("  ")[0].strip() for line in seen.out.splitlines()] == list(PLOTS)
    assert "gc-pauses     How long the GC stopped the program each time.\n" in seen.out


def test_a_picture_has_the_name_that_is_given_and_that_is_said(demo: Path, tmp_path: Path) -> None:
    seen = heapscape("plot", "heap", "--db", demo, "-o", "growth.svg")

    assert (seen.code, seen.out) == (0, "growth.svg\n")
    assert (tmp_path / "growth.svg").read_text().startswith("<svg xmlns=")


def test_a_picture_without_a_name_is_called_for_what_it_shows(demo: Path, tmp_path: Path) -> None:
    assert heapscape("plot", "sites", "--db", demo).out == "heapscape-sites.svg\n"
    assert (tmp_path / "heapscape-sites.svg").exists()


def test_the_ending_of_the_name_says_what_it_becomes(demo: Path, tmp_path: Path) -> None:
    pytest.importorskip("resvg_py")
    for name, more in (("a.png", []), ("b.picture", ["--format", "png"])):
        assert heapscape("plot", "growth", "--db", demo, "-o", name, *more).code == 0
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")


def test_a_picture_goes_to_standard_output_as_it_is(demo: Path, tmp_path: Path) -> None:
    pytest.importorskip("resvg_py")
    assert heapscape("plot", "heap", "--db", demo, "-o", "-").out.startswith("<svg")
    assert heapscape("plot", "heap", "--db", demo, "-o", "-", "--format", "png").answer.startswith(b"\x89PNG")
    assert list(tmp_path.iterdir()) == []


def test_files_are_drawn_without_a_database(tmp_path: Path) -> None:
    seen = heapscape("plot", "sites", DEMO_HEAPS, REPORT, "-o", "-")

    assert seen.code == 0
    assert "entry" not in seen.out
    assert "store/cache.go:21" in seen.out
    assert heapscape("plot", "flame", LAST, "-o", "-", "--sample-index", "alloc_objects").code == 0
    assert list(tmp_path.iterdir()) == []


def test_a_theme_and_a_width_are_as_asked(demo: Path) -> None:
    seen = heapscape("plot", "heap", "--db", demo, "-o", "-", "--theme", "dark", "--width", "640")

    assert 'width="640"' in seen.out
    assert "@media" not in seen.out
    assert "#15181c" in seen.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["no-such"], "no-such: there is no such picture; there are heap, sites"),
        (["heap", "-o", "x.pdf"], "x.pdf: a picture is called .svg or .png"),
        (["heap", "--profile", "7"], "--profile means nothing to heap, only to flame"),
        (["gc-heap", "--series", "7"], "--series means nothing to gc-heap, only to heap, sites"),
        (["sites", "--weight", "live"], "--weight means nothing to sites, only to escapes"),
        (["answer"], "give the question with --query"),
        (["answer", "--query", "SELECT 'a' AS a"], "there is nothing to draw"),
        (["heap", "--width", "10"], "10 is not in the range"),
        (["heap", "-o", "no/folder/x.svg"], "no/folder/x.svg: cannot be written"),
    ],
)
def test_what_cannot_be_drawn_is_2_with_the_reason(demo: Path, arguments: list[str], said: str) -> None:
    seen = heapscape("plot", *arguments, "--db", demo)

    assert (seen.code, seen.out) == (2, "")
    assert said in seen.err


def test_a_query_that_does_more_than_read_is_refused(demo: Path) -> None:
    seen = heapscape("plot", "answer", "--query", "DROP TABLE source", "--db", demo)

    assert (seen.code, seen.out) == (3, "")
