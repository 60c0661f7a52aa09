"""Charts as SVG."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from pipeline.outputs import chart_svg
from pipeline.outputs.chart import Chart
from pipeline.resources import asset

SVG = "{http://www.w3.org/2000/svg}"
EVIL = "</text><script>alert(1)</script>\"'&amp;\x1b\ufffe"


def lines(*series: tuple[str, list[float | None]], time: bool = False) -> Chart:
    x = [1_763_932_440.0 + 60 * place if time else float(place) for place in range(len(series[0][1]))]
    return {"unit": "bytes", "time": time, "x": x, "series": series, "kind": "line"}


def bars(*named: tuple[str, float]) -> Chart:
    return {
        "unit": "bytes",
        "time": False,
        "x": list(range(len(named))),
        "series": [("growth", [value for _, value in named])],
        "kind": "bars",
        "labels": [name for name, _ in named],
    }


def drawn(chart: Chart, **more: str) -> ElementTree.Element:
    picture = chart_svg.picture(chart, title=more.pop("title", "t"), **more)  # type: ignore[arg-type]
    assert picture is not None
    return ElementTree.fromstring(picture)


def shown(picture: ElementTree.Element) -> list[str]:
    return [(one.text or "").replace("\u00a0", " ") for one in picture.iter(f"{SVG}text")]


def points(picture: ElementTree.Element) -> list[list[tuple[float, float]]]:
    return [
        [(float(x), float(y)) for x, y in (pair.split(",") for pair in line.attrib["points"].split())]
        for line in picture.iter(f"{SVG}polyline")
    ]


def test_lines_stand_from_nothing_to_their_highest_over_their_x() -> None:
    ((first, middle, last),) = points(drawn(lines(("live", [0.0, 512.0, 1024.0]))))

    assert first[0] < middle[0] < last[0]
    assert middle[1] == pytest.approx((first[1] + last[1]) / 2, abs=0.1)
    assert first[1] > last[1]


def test_axes_say_round_values_in_the_unit_and_times_in_utc() -> None:
    texts = shown(drawn(lines(("live", [0.0, 2048.0, 4096.0]), time=True)))

    assert {"0 B", "1.0 KiB", "4.0 KiB", "21:14:00", "21:16:00", "2025-11-23"} <= set(texts)


def test_a_gap_is_passed_over_and_a_line_of_nothing_is_not_drawn() -> None:
    found = points(drawn(lines(("a", [1.0, None, 3.0]), ("b", [None, None, None]), ("c", [None, 2.0, float("inf")]))))

    assert [len(line) for line in found] == [2, 1]


def test_a_chart_without_a_value_is_none() -> None:
    assert chart_svg.picture(lines(("a", [None, None])), title="t") is None


def test_lines_beyond_the_colours_are_dashed() -> None:
    picture = drawn(lines(*[(f"l{place}", [float(place), 1.0]) for place in range(8)]))

    dashed = ["stroke-dasharray" in line.attrib for line in picture.iter(f"{SVG}polyline")]
    assert dashed == [False] * 6 + [True] * 2


def test_a_dashed_line_is_dashed_in_the_legend_too() -> None:
    picture = drawn(lines(*[(f"l{place}", [float(place), 1.0]) for place in range(8)]))

    named = [one.attrib["class"] for one in picture.iter(f"{SVG}path") if "stroke-dasharray" in one.attrib]
    assert named == ["lines line0", "lines line1"]


def test_something_is_seen_of_each_line_that_lies_upon_others() -> None:
    picture = drawn(lines(("heap", [1000.0, 2000.0]), *[(f"l{place}", [10.0, 20.0 + place]) for place in range(4)]))

    dashes = [line.attrib.get("stroke-dasharray") for line in picture.iter(f"{SVG}polyline")]
    assert dashes == [None, None, "15 5", "11 9", "8 12"]


def test_dashes_are_those_of_pages() -> None:
    found = re.search(r"const DASHES = \[\[\], (.*?)\];", asset("app.js"))

    assert found is not None
    assert re.findall(r"\[(\d+), (\d+)\]", found[1]) == [tuple(dashes.split()) for dashes in chart_svg.DASHES[1:]]


def test_an_axis_of_whole_numbers_has_no_fractions_and_says_what_it_counts() -> None:
    cycles = lines(("heap", [1.0, 2.0]))

    texts = shown(drawn({**cycles, "across": "GC cycle"}))

    assert "GC cycle" in texts
    assert [text for text in texts if re.fullmatch(r"[\d.]+", text)] == ["0", "1"]


def test_of_very_many_points_only_what_is_seen_is_drawn() -> None:
    values: list[float | None] = [float(place % 1000) for place in range(200_000)]
    values[123_456] = 5000.0

    ((*line,),) = points(drawn(lines(("a", values))))

    assert len(line) < 4 * chart_svg.WIDTH
    # The one that stands out is there, and nothing is higher.
    assert sum(y == min(y for _, y in line) for _, y in line) == 1


def test_bars_lie_beside_their_names_and_before_their_values() -> None:
    picture = drawn(bars(("store/cache.go:21", 4096.0), ("export/queue.go:17", -1024.0)))

    texts = shown(picture)
    rectangles = [one.attrib for one in picture.iter(f"{SVG}rect") if one.attrib["class"] == "bar0"]
    grown, shrunk = ((float(one["x"]), float(one["width"])) for one in rectangles)
    assert {"store/cache.go:21", "4.0 KiB", "−1.0 KiB"} <= set(texts)
    assert grown[1] == pytest.approx(4 * shrunk[1], rel=0.01)
    assert shrunk[0] + shrunk[1] == pytest.approx(grown[0], abs=0.2)


def test_a_name_that_is_cut_is_whole_for_who_points_at_it() -> None:
    picture = drawn(bars(("x" * 300, 1.0)))

    (name,) = [one for one in picture.iter(f"{SVG}text") if one.find(f"{SVG}title") is not None]
    assert (name.text or "").endswith("…")
    assert name.find(f"{SVG}title").text == "x" * 300  # type: ignore[union-attr]


@pytest.mark.parametrize("chart", [lines((EVIL, [1.0, 2.0]), ("b", [1.0, 2.0])), bars((EVIL, 1.0), ("b", 2.0))])
def test_names_from_files_are_text(chart: Chart) -> None:
    picture = drawn(chart, title=EVIL, subtitle=EVIL)

    assert not list(picture.iter(f"{SVG}script"))
    assert any("<script>alert(1)</script>" in text for text in shown(picture))
    assert not any(re.search("[\x00-\x08\x1b]", text) for text in shown(picture))


@pytest.mark.parametrize("value", [0.0, -1.0, 1e300, -1e300, 2.0**63, 5e-324])
def test_values_of_any_size_are_drawn_within_the_picture(value: float) -> None:
    for chart in (lines(("a", [0.0, value])), lines(("a", [value, value]), time=True), bars(("a", value), ("b", 1.0))):
        picture = drawn(chart)
        width, height = float(picture.attrib["width"]), float(picture.attrib["height"])
        for line in points(picture):
            assert all(0 <= x <= width and 0 <= y <= height for x, y in line)
        for one in picture.iter(f"{SVG}rect"):
            assert 0 <= float(one.attrib["x"]) <= float(one.attrib["x"]) + float(one.attrib["width"]) <= width
