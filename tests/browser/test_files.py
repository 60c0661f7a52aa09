"""Pages that are files: the script runs, finds every node, and does what the address asks."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from html import unescape
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser

from pipeline.outputs import flame_svg, flamegraph, report
from pipeline.outputs.units import readable, signed
from pipeline.resources import asset
from tests.browser.chromium import needed, window
from tests.cli.seat import heapscape
from tests.outputs.builder import TREE, flame_tree, result
from tests.outputs.report_data import report_data

pytestmark = needed

Open = Callable[..., str]


@pytest.fixture
def opened(chromium: Browser, tmp_path: Path) -> Open:
    """Opens a page and gives the document as it stands once its script has run, which nothing may go wrong in."""

    def dump(html: str, address: str = "", *, dark: bool = False) -> str:
        path = tmp_path / "page.html"
        path.write_text(html, encoding="utf-8")
        with window(chromium, scheme="dark" if dark else "light") as tab:
            document = tab.open(f"{path.as_uri()}{address}").content()
            assert tab.complaints == []
            return document

    return dump


def facts(dom: str, identifier: str = "flame") -> Mapping[str, str]:
    """What the graph says of itself in its data attributes."""
    found = re.search(rf'<figure class="flame" id="{identifier}"([^>]*)>', dom)
    assert found is not None
    return {name: unescape(value) for name, value in re.findall(r'data-([\w-]+)="([^"]*)"', found[1])}


def text_of(dom: str, css: str) -> str:
    found = re.search(rf'class="{css}"[^>]*>(.*?)</(?:p|output|nav|table)>', dom, flags=re.S)
    assert found is not None
    return unescape(re.sub(r"<[^>]*>", " ", found[1])).replace("\u00a0", " ").strip()


def test_the_script_runs_and_finds_every_node_and_function(opened: Open) -> None:
    found = facts(opened(flamegraph.page(flame_tree(TREE), title="t")))

    assert found["state"] == "ready"
    assert (found["nodes"], found["functions"], found["focus"]) == ("6", "5", "all")


def test_the_table_of_functions_counts_each_once_per_stack(opened: Open) -> None:
    tree = flame_tree("all 0\n  f 5\n    g 1\n      f 20\n  f 100")

    dom = opened(flamegraph.page(tree, title="t", unit="count"))

    rows = [row.split() for row in re.findall(r"<tr>.*?</tr>", dom)]
    cells = [re.findall(r">([^<>]+)<", " ".join(row)) for row in rows][1:]
    assert [[cell.replace("\u00a0", " ").replace("&nbsp;", " ") for cell in row] for row in cells] == [
        ["f", "125", "99.2 %", "126", "100.0 %"],
        ["g", "1", "0.8 %", "21", "16.7 %"],
        ["all", "0", "0.0 %", "126", "100.0 %"],
    ]


def test_the_address_zooms_to_the_heaviest_node_of_a_function(opened: Open) -> None:
    dom = opened(flamegraph.page(flame_tree(TREE), title="t"), "#focus=store.grow")

    assert facts(dom)["focus"] == "store.grow"
    assert facts(dom)["selected"] == "store.grow"
    assert text_of(dom, "flame-crumbs").split() == ["all", "main.main", "store.grow"]
    assert "total 300 B, 73.7 % of all" in text_of(dom, "flame-status")
    assert "store.go:3" in text_of(dom, "flame-status")


def test_the_address_searches_and_tells_the_share_once_per_stack(opened: Open) -> None:
    dom = opened(flamegraph.page(flame_tree(TREE), title="t"), "#search=" + quote("^(api|store)"))

    assert facts(dom)["matched"] == "2"
    assert text_of(dom, "flame-matches") == "2 functions, 390 B, 95.8 %"


def test_a_broken_expression_is_told_and_harms_nothing(opened: Open) -> None:
    dom = opened(flamegraph.page(flame_tree(TREE), title="t"), "#search=" + quote("main.("))

    assert text_of(dom, "flame-matches") == "not a regular expression"
    assert facts(dom)["state"] == "ready"


def test_a_function_that_is_not_there_is_told(opened: Open) -> None:
    dom = opened(flamegraph.page(flame_tree(TREE), title="t"), "#focus=no.such")

    assert text_of(dom, "flame-status") == "no.such is not in this graph."
    assert facts(dom)["focus"] == "all"


def test_a_comparison_tells_before_after_and_change(opened: Open) -> None:
    tree = flame_tree("all 0 0\n  main.grow 1024 3072\n  main.gone 512 0")

    dom = opened(flamegraph.page(tree, title="t"), "#focus=main.grow")

    status = text_of(dom, "flame-status")
    assert "before 1.0 KiB, 66.7 % · after 3.0 KiB, 100.0 % · change +2.0 KiB, 200.0 %" in status
    assert "vanished" in dom


def test_a_loss_below_a_gain_keeps_its_sign_and_its_place(opened: Open) -> None:
    dom = opened(
        flamegraph.page(flame_tree("all 0\n  main.gains 2048\n  main.loses -1024"), title="t"), "#focus=main.loses"
    )

    assert "total −1.0 KiB, −100.0 % of all" in text_of(dom, "flame-status")
    assert facts(dom)["focus"] == "main.loses"


def test_hostile_names_are_text_and_run_nothing(opened: Open) -> None:
    names = ["</script><img src=x onerror=document.title='owned'>", "\u2028'\"`${1}", "<b>bold"]
    tree = result("t", {"level": [0, 1, 1, 1], "value": [6, 1, 2, 3], "self": [0, 1, 2, 3], "label": ["all", *names]})

    dom = opened(flamegraph.page(tree, title="fine"), "#focus=" + quote(names[0]))

    assert facts(dom)["focus"] == names[0]
    assert "<title>fine</title>" in dom
    assert "<img" not in dom
    assert "<b>" not in dom


def test_figures_are_written_as_python_writes_them(opened: Open) -> None:
    values = [0, 1, 1023, 1024, 1047, 1_048_523, 1_048_575, 2**20, 315_831_091, 2**33 + 12345, 2**40, 2**52 + 1]
    labels = [f"f{number}" for number in range(len(values))]
    columns = {
        "level": [0] + [1] * len(values),
        "value": [2**53 - 1, *values],
        "self": [0, *values],
        "label": ["all", *labels],
    }

    for unit in ("bytes", "nanoseconds", "count", "objects"):
        dom = opened(flamegraph.page(result("t", columns), title="t", unit=unit)).replace("&nbsp;", "\u00a0")

        shown = dict(re.findall(r">(f\d+)</button></th><td>([^<]*)</td>", dom))
        assert shown == {label: readable(value, unit=unit) for label, value in zip(labels, values, strict=True)}


def test_changes_are_written_as_python_writes_them(opened: Open) -> None:
    changes = [5, -5, 2048, -3 * 2**20]
    labels = [f"f{number}" for number in range(len(changes))]
    before = [10 * 2**20] * len(changes)
    after = [first + change for first, change in zip(before, changes, strict=True)]
    columns = {
        "level": [0] + [1] * len(changes),
        "value": [sum(before), *before],
        "self": [0, *before],
        "valueRight": [sum(after), *after],
        "selfRight": [0, *after],
        "label": ["all", *labels],
    }

    dom = opened(flamegraph.page(result("t", columns), title="t")).replace("&nbsp;", "\u00a0")

    shown = dict(re.findall(r">(f\d+)</button></th><td>[^<]*</td><td>[^<]*</td><td>([^<]*)</td>", dom))
    assert shown == {label: signed(change, unit="bytes") for label, change in zip(labels, changes, strict=True)}


def test_the_report_folds_its_rows_and_draws_each_graph(opened: Open) -> None:
    dom = opened(report.page(report_data()), dark=True)

    assert 'data-report="ready"' in dom
    assert facts(dom, "flame-1")["nodes"] == "4"
    assert facts(dom, "flame-2")["nodes"] == "2"
    assert len(re.findall(r'<tr class="more" id="[^"]*" hidden="">', dom)) == 4


def test_the_address_opens_a_site_of_the_report(opened: Open) -> None:
    dom = opened(report.page(report_data()), "#site-1-2")

    assert len(re.findall(r'<tr class="more" id="[^"]*" hidden="">', dom)) == 3
    assert '<tr class="more" id="site-1-2-more">' in dom


def test_the_address_reaches_a_later_graph_of_the_report(opened: Open) -> None:
    dom = opened(report.page(report_data()), "#graph=flame-2&focus=main.main")

    assert facts(dom, "flame-1")["focus"] == "all"
    assert facts(dom, "flame-2")["focus"] == "main.main"


@pytest.mark.parametrize("name", ["heap", "sites", "growth", "flame", "escapes"])
def test_a_picture_with_names_that_would_be_scripts_opens_as_a_picture(
    chromium: Browser, hostile: Path, tmp_path: Path, name: str
) -> None:
    assert heapscape("plot", name, "--db", hostile, "-o", tmp_path / "x.svg").code == 0

    with window(chromium) as tab:
        tab.page.goto((tmp_path / "x.svg").as_uri())

        assert tab.page.evaluate("document.documentElement.localName") == "svg"
        assert tab.page.evaluate("[window.owned, document.querySelectorAll('script, img, [onerror]').length]") == [
            None,
            0,
        ]
        assert tab.complaints == []


def test_a_picture_is_dark_for_who_reads_in_the_dark(chromium: Browser, demo: Path, tmp_path: Path) -> None:
    assert heapscape("plot", "heap", "--db", demo, "-o", tmp_path / "x.svg").code == 0
    found = {}

    for scheme in ("light", "dark"):
        with window(chromium, scheme=scheme) as tab:
            tab.page.goto((tmp_path / "x.svg").as_uri())
            found[scheme] = tab.page.evaluate("getComputedStyle(document.querySelector('.ground')).fill")

    assert found == {"light": "rgb(255, 255, 255)", "dark": "rgb(21, 24, 28)"}


_LOOKED_INTO = """async ([script, payload, isDark]) => {
  (0, eval)(script.replace("return {startAll};", "window.inside = {unpack, Tree, Palette}; return {startAll};"));
  const tree = new inside.Tree(await inside.unpack(payload));
  const palette = new inside.Palette(tree, isDark);
  const shown = document.body.appendChild(document.createElement("i"));
  const colour = (node) => { shown.style.color = palette.of(tree, node); return getComputedStyle(shown).color; };
  return {x: [...tree.x], width: [...tree.width], colours: [...tree.x].map((_, node) => colour(node))};
}"""


@pytest.mark.parametrize("text", [TREE, "all 0 0\n  a.f 7 9\n    b.g 0 5\n      main.h 3 0\n  c/d.e 8 8\n  日本.f 1 6"])
@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
def test_a_picture_is_laid_out_and_coloured_as_the_page_is(chromium: Browser, text: str, *, is_dark: bool) -> None:
    tree = flame_tree(text)
    payload = flamegraph.payload(tree, unit="bytes", sample_type="")
    picture = flame_svg.picture(tree, title="t", unit="bytes", theme="dark" if is_dark else "light")
    assert picture is not None

    with window(chromium) as tab:
        drawn = tab.page.evaluate(_LOOKED_INTO, [asset("units.js") + asset("flamegraph.js"), payload, is_dark])

    boxes = re.findall(r'</title><rect class="([\w-]+)" x="([\d.]+)" y="[\d.]+" width="([\d.]+)"', picture)
    fills = dict(re.findall(r"\.([\w-]+) \{ fill: (#\w+); \}", picture))
    assert len(boxes) == len(drawn["x"])
    for (css, x, width), its_x, its_width, colour in zip(
        boxes, drawn["x"], drawn["width"], drawn["colours"], strict=True
    ):
        scale = 1160 / drawn["width"][0]
        assert float(x) == pytest.approx(20 + its_x * scale, abs=0.02)
        assert float(width) == pytest.approx(its_width * scale - 0.6, abs=0.02)
        rgb = [int(fills[css][at : at + 2], 16) for at in (1, 3, 5)]
        assert rgb == pytest.approx([int(part) for part in re.findall(r"\d+", colour)], abs=1)
