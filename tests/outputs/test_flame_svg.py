"""Flame graphs as SVG, laid out as the page does it."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pytest

from pipeline.outputs import flame_svg
from pipeline.values import Result
from tests.outputs.builder import TREE, flame_tree, result

SVG = "{http://www.w3.org/2000/svg}"


def drawn(tree: Result, unit: str = "bytes") -> ElementTree.Element:
    picture = flame_svg.picture(tree, title="t", unit=unit)
    assert picture is not None
    return ElementTree.fromstring(picture)


def boxes(picture: ElementTree.Element) -> dict[str, tuple[float, float, float]]:
    """Left edge, top and width by the label of every node."""
    found = {}
    for one in picture.iter(f"{SVG}g"):
        rectangle, title = one.find(f"{SVG}rect"), one.find(f"{SVG}title")
        assert rectangle is not None
        assert title is not None
        x, y, width = (float(rectangle.attrib[name]) for name in ("x", "y", "width"))
        found[(title.text or "").split("\n")[0]] = (x, y, width)
    return found


def told(picture: ElementTree.Element) -> list[str]:
    return [(one.text or "").replace("\u00a0", " ") for one in picture.iter(f"{SVG}title")][1:]


def test_children_stand_below_their_parent_from_its_left_edge_each_as_wide_as_its_value() -> None:
    found = boxes(drawn(flame_tree("all 0\n  f 30\n    g 10\n    h 20\n  k 30\n    m 30")))

    whole = found["all"][2]
    assert found["f"][0] == found["all"][0] == found["g"][0]
    assert found["m"][0] == found["k"][0]
    assert found["k"][0] == pytest.approx(found["f"][0] + whole / 2, abs=1)
    assert found["h"][0] == pytest.approx(found["g"][0] + whole / 12, abs=1)
    assert found["f"][2] == pytest.approx(whole / 2, abs=1)
    assert found["all"][1] < found["f"][1] == found["k"][1] < found["g"][1]


def test_a_loss_below_a_gain_takes_room_as_on_the_page() -> None:
    found = boxes(drawn(flame_tree("all 0\n  gains 2048\n  loses -1024")))

    assert found["gains"][2] == pytest.approx(2 * found["loses"][2], abs=1)


def test_a_node_says_its_value_share_and_place() -> None:
    assert told(drawn(flame_tree(TREE)))[2] == "store.grow\n300 B, 73.7 %\nstore.go:3"


def test_a_comparison_says_before_after_and_change_and_what_its_colours_mean() -> None:
    picture = drawn(flame_tree("all 0 0\n  main.grow 1024 3072\n  main.gone 512 0"))

    assert told(picture)[1] == "main.grow\n1.0 KiB → 3.0 KiB: +2.0 KiB\nmain.go:2"
    texts = [one.text for one in picture.iter(f"{SVG}text")]
    assert "vanished" in texts
    assert any("new" in (text or "") for text in texts)


def test_names_are_hashed_to_colours_as_the_script_does_it() -> None:
    # FNV-1a's published values, and a character of two bytes in UTF-16.
    assert (flame_svg._hash("a"), flame_svg._hash("foobar")) == (0xE40C292C, 0xBF9CF968)
    assert flame_svg._hash("日") == ((2166136261 ^ ord("日")) * 16777619) % 2**32


def test_nothing_is_none() -> None:
    assert (
        flame_svg.picture(result("t", {"level": [], "value": [], "self": [], "label": []}), title="t", unit="") is None
    )
    assert flame_svg.picture(flame_tree("all 0"), title="t", unit="") is None


def test_a_picture_of_a_hundred_thousand_nodes_has_only_those_that_are_seen() -> None:
    n = 100_000
    level = np.ones(n + 1, np.int64)
    level[0] = 0
    value = np.arange(n + 1, dtype=np.int64)
    value[0] = value.sum()
    tree = result("t", {"level": level, "value": value, "self": value, "label": ["all", *map(str, range(n))]})

    assert len(boxes(drawn(tree))) < 2 * flame_svg.WIDTH


def test_stacks_that_are_too_deep_for_a_picture_are_counted() -> None:
    n = 5_000
    columns = {
        "level": list(range(n)),
        "value": [7] * n,
        "self": [0] * (n - 1) + [7],
        "label": [f"f{i}" for i in range(n)],
    }

    picture = drawn(result("t", columns))

    assert "4,850 levels deeper, not drawn" in [one.text for one in picture.iter(f"{SVG}text")]
    assert float(picture.attrib["height"]) < 3000


def test_names_from_files_are_text() -> None:
    evil = "</title><script>alert(1)</script>\x1b\ufffe\u202e"
    picture = drawn(result("t", {"level": [0, 1], "value": [6, 6], "self": [0, 6], "label": ["all", evil]}))

    assert not list(picture.iter(f"{SVG}script"))
    assert told(picture)[1].startswith("</title><script>alert(1)</script>\\x1b\ufffd\\u202e")
