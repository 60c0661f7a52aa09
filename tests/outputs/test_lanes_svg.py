"""Lanes as paths."""

from __future__ import annotations

import re

import numpy as np

from pipeline.outputs.axis import Tick
from pipeline.outputs.lanes_svg import Lane, picture


def drawn(*lanes: Lane, **more: object) -> str:
    found = picture(lanes, title="t", subtitle="", ticks=[Tick(0, "0"), Tick(4, "4")], until=4, **more)  # type: ignore[arg-type]
    assert found is not None
    return found


def boxes(svg: str, colour: str) -> list[tuple[float, float]]:
    """Width and height of each rectangle of a colour."""
    (path,) = re.findall(rf'<path class="{colour}"[^>]* d="([^"]+)"', svg)
    return [(float(width), float(height)) for width, height in re.findall(r"h([\d.]+)v(-[\d.]+)", path)]


def test_columns_of_the_same_height_are_one_rectangle_and_parts_stand_on_each_other() -> None:
    shares = np.array([[1, 0], [1, 0], [0.5, 0.5], [0, 0]], np.float64)

    svg = drawn(Lane("a", shares, ("one", "two"), height=12.0), width=1000)

    (wide, tall), (narrow, half) = boxes(svg, "one")
    assert (wide / narrow, tall, half) == (2, -10, -5)
    assert boxes(svg, "two") == [(narrow, -5.0)]


def test_what_is_there_at_all_is_seen() -> None:
    shares = np.array([[0.0001], [0], [0], [0]])

    assert [height for _, height in boxes(drawn(Lane("a", shares, ("one",))), "one")] == [-0.5]


def test_a_legend_and_names_that_are_cut_say_the_whole() -> None:
    name = "example.com/" + "x" * 80
    svg = drawn(Lane(name, np.ones((4, 1)), ("one",)), legend=[("one", "running")])

    assert f"<title>{name}</title>" in svg
    assert "running" in svg


def test_of_lanes_with_nothing_in_them_there_is_no_picture() -> None:
    assert picture([Lane("a", np.zeros((4, 1)), ("one",))], title="t", subtitle="", ticks=[], until=4) is None
