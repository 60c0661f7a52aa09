"""Pictures: colours of the pages, text that fits, and PNG or a sentence that says why not."""

from __future__ import annotations

import builtins
import re
import sys
from types import ModuleType
from xml.etree import ElementTree

import pytest

from pipeline.errors import UsageError
from pipeline.outputs import chart_svg, svg
from pipeline.outputs.chart import Chart
from pipeline.resources import asset

CHART: Chart = {"unit": "bytes", "time": False, "x": [0.0, 1.0], "series": [("live", [1.0, 2048.0])], "kind": "line"}


def picture(theme: svg.Theme = "auto", title: str = "Live heap") -> str:
    drawn = chart_svg.picture(CHART, title=title, theme=theme)
    assert drawn is not None
    return drawn


def height(drawn: str) -> int:
    (found,) = re.findall(r'<svg [^>]*height="(\d+)"', drawn)
    return int(found)


def test_a_picture_has_the_colours_of_the_pages() -> None:
    light, dark = re.findall(r"--surface: (#\w+)", asset("page.css"))

    assert f".ground {{ fill: {light}; }}" in picture("light")
    assert dark not in picture("light")
    assert f".ground {{ fill: {dark}; }}" in picture("dark")
    assert light not in picture("dark")


def test_without_a_theme_a_picture_follows_its_reader() -> None:
    before, _, after = picture().partition("@media (prefers-color-scheme: dark)")

    light, dark = re.findall(r"--surface: (#\w+)", asset("page.css"))
    assert f"fill: {light}" in before
    assert f"fill: {dark}" in after


def test_lines_have_the_colours_that_charts_of_pages_have() -> None:
    found = re.search(r"const COLOURS = \[(.*?)\]", asset("app.js"))

    assert found is not None
    assert found[1].split(", ") == [f'"--{name}"' for name in svg.COLOURS]


def test_text_is_cut_where_its_room_ends() -> None:
    assert svg.fitting("main.main", 10, 100) == "main.main"
    assert svg.fitting("main.main", 10, 40) == "main.…"
    assert svg.fitting("main.main", 10, 15) == ""
    assert svg.fitting("日本語の名前", 10, 40) == "日本…"


def test_a_heading_that_is_too_long_goes_on_below_and_moves_the_picture_down() -> None:
    long = picture(title="Live heap, and the sites that grew most, " * 4)

    texts = re.findall(r'font-size="17"[^>]*>([^<]*)<', long)
    assert "".join(texts).replace(" ", "") == ("Live heap, and the sites that grew most, " * 4).replace(" ", "")
    assert len(texts) == 2
    assert '<g transform="translate(0 22)">' in long
    assert height(long) == height(picture()) + 22


def test_a_heading_is_broken_between_words_and_cut_at_last() -> None:
    assert svg.wrapped("one two three", 10, 60, most=2) == ["one two", "three"]
    assert svg.wrapped("abcdefghijklmnop", 10, 60, most=2) == ["abcdefgh", "ijklmnop"]
    assert svg.wrapped("one two three four", 10, 60, most=2) == ["one two", "three fo…"]


def test_wide_characters_take_twice_the_room_and_marks_none() -> None:
    assert svg.text_width("日", 10) == 2 * svg.text_width("a", 10)
    assert svg.text_width("e\u0301", 10) == svg.text_width("e", 10)


def test_what_no_xml_may_hold_is_replaced() -> None:
    drawn = ElementTree.fromstring(picture(title="a\x00\x1b\ufffe\uffff\ud800b"))

    assert any(re.fullmatch("a.+b", text) for text in drawn.itertext())


def test_a_png_has_twice_as_many_points_for_sharp_screens() -> None:
    pytest.importorskip("resvg_py")
    width = re.search(r'<svg [^>]*width="(\d+)"', picture())

    made = svg.png(picture("light"))

    assert made.startswith(b"\x89PNG\r\n")
    assert width is not None
    assert int.from_bytes(made[16:20]) == 2 * int(width[1])


def test_a_png_without_its_library_is_refused_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    imported = builtins.__import__

    def without(name: str, *rest: object, **more: object) -> ModuleType:
        if name == "resvg_py":
            raise ImportError(name)
        return imported(name, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.delitem(sys.modules, "resvg_py", raising=False)
    monkeypatch.setattr(builtins, "__import__", without)

    with pytest.raises(UsageError, match=re.escape("pip install 'heapscape[plot]'")):
        svg.png(picture())


def test_a_png_without_a_font_is_refused_and_not_without_text(monkeypatch: pytest.MonkeyPatch) -> None:
    resvg_py = pytest.importorskip("resvg_py")
    real = resvg_py.svg_to_bytes
    monkeypatch.setattr(resvg_py, "svg_to_bytes", lambda **more: real(**more, skip_system_fonts=True))

    with pytest.raises(UsageError, match="this machine has none: install one"):
        svg.png(picture())
