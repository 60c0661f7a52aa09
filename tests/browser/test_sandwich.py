"""Callers above and callees below a function: drawn, weighed as `heapscape peek` weighs them, and held by the address."""

from __future__ import annotations

import random
import re
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.chromium import Window, needed
from tests.builders.profile import profile
from tests.cli.seat import heapscape

pytestmark = needed

# Few of them, so that they call themselves and each other.
NAMES = [f"example.com/shop.f{letter}" for letter in "abcde"]
Calls = dict[str, dict[str, int]]


def stacks(seed: int) -> list[str]:
    """Samples of random stacks below main.main; what weighs nothing is among them."""
    draw = random.Random(seed)
    return [
        " ".join([*draw.choices(NAMES, k=draw.randrange(1, 9)), "main.main", str(draw.choice([0, 1, 10, 1000]))])
        for _ in range(120)
    ]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two profiles, each as a flame graph, and one of the second against the first."""
    folder = tmp_path_factory.mktemp("sandwich")
    for name, seed in (("before", 1), ("after", 2)):
        (folder / f"{name}.pb").write_bytes(profile(*stacks(seed)))
        assert heapscape("flame", folder / f"{name}.pb", "-o", folder / f"{name}.html").code == 0
    both = [folder / "before.pb", folder / "after.pb"]
    assert heapscape("diff", *both, "--html", folder / "diff.html").code == 0
    return folder


def peeked(path: Path) -> Calls:
    """What each function calls and is called by, as `heapscape peek` has it: `< f` is a caller, `> f` a callee, `= f` itself."""
    told = {}
    for row in heapscape("peek", ".", path, "--format", "json").json():
        told[row["function"]] = {
            f"= {row['function']}": row["cum"],
            **{f"< {one['function']}": one["value"] for one in row["callers"]},
            **{f"> {one['function']}": one["value"] for one in row["callees"]},
        }
    return told


def shown(page: Page, column: str = "total") -> Calls:
    """The same of every function, from the page."""
    return {name: around(page, name, column) for name in (*NAMES, "main.main")}


def around(page: Page, name: str, column: str) -> dict[str, int]:
    page.evaluate("(name) => { location.hash = new URLSearchParams({sandwich: name}); }", name)
    expect(page.locator("figure.flame")).to_have_attribute("data-sandwich", name)
    parts = page.eval_on_selector_all(
        ".flame-around tbody",
        "(parts, column) => parts.map((part) => [...part.querySelectorAll('tr[data-function]')].map((row) =>"
        " [row.dataset.function, Number(row.dataset[column])]))",
        column,
    )
    return {f"{mark} {function}": value for mark, rows in zip("<=>", parts, strict=True) for function, value in rows}


def without_nothing(told: Calls) -> Calls:
    """What is called on the other side alone weighs nothing on this."""
    return {one: {call: value for call, value in calls.items() if value} for one, calls in told.items()}


def graph(page: Page) -> Locator:
    return page.locator("figure.flame")


def test_calls_weigh_what_peek_says(tab: Window, files: Path) -> None:
    page = tab.open((files / "after.html").as_uri())

    assert shown(page) == peeked(files / "after.pb")


def test_of_a_comparison_each_side_weighs_what_peek_says(tab: Window, files: Path) -> None:
    page = tab.open((files / "diff.html").as_uri())

    for column, name in (("total", "before"), ("totalRight", "after")):
        assert without_nothing(shown(page, column)) == without_nothing(peeked(files / f"{name}.pb"))


def test_callers_stand_above_and_callees_below_what_was_clicked(tab: Window, tmp_path: Path) -> None:
    (tmp_path / "p.pb").write_bytes(
        profile(
            "main.leaf main.mid main.left main.main 30", "main.mid main.right main.main 10", "main.other main.main 5"
        )
    )
    heapscape("flame", tmp_path / "p.pb", "-o", tmp_path / "p.html")
    page = tab.open((tmp_path / "p.html").as_uri())
    canvas = page.locator("figure.flame canvas")
    box = canvas.bounding_box()
    assert box is not None

    def at(row: int, share: float) -> str:
        """What the pointer is over."""
        canvas.hover(position={"x": share * box["width"], "y": 20 * row + 10})
        return page.get_by_role("tooltip").inner_text()

    # main.mid below main.left, which holds 30 of 45.
    canvas.click(position={"x": 0.1 * box["width"], "y": 70})
    expect(graph(page)).to_have_attribute("data-focus", "main.mid")
    page.get_by_role("button", name="Sandwich").click()

    expect(graph(page)).to_have_attribute("data-sandwich", "main.mid")
    assert [at(row, 0.1).split("\n")[0] for row in range(4)] == ["main.main", "main.left", "main.mid", "main.leaf"]
    assert [at(row, 0.9).split("\n")[0] for row in range(3)] == ["main.main", "main.right", "main.mid"]
    assert "75.0" in at(1, 0.1)
    assert "self" not in at(1, 0.1)
    page.get_by_role("button", name="Flip").click()
    assert [at(row, 0.1).split("\n")[0] for row in range(4)] == ["main.leaf", "main.mid", "main.left", "main.main"]
    canvas.click(position={"x": 0.1 * box["width"], "y": 50})
    expect(graph(page)).to_have_attribute("data-focus", "main.left")
    page.reload()
    expect(graph(page)).to_have_attribute("data-sandwich", "main.mid")
    expect(graph(page)).to_have_attribute("data-focus", "main.left")
    expect(page.get_by_role("button", name="Flip")).to_have_attribute("aria-pressed", "true")


def test_a_function_is_typed_and_left_again_by_keyboard(tab: Window, files: Path) -> None:
    page = tab.open((files / "after.html").as_uri())

    page.get_by_role("button", name="Sandwich").click()
    expect(page.locator(".flame-status")).to_contain_text("Choose a function first")
    page.keyboard.type("shop.fc")
    page.keyboard.press("Enter")
    page.keyboard.press("s")

    expect(graph(page)).to_have_attribute("data-sandwich", "example.com/shop.fc")
    expect(page).to_have_url(re.compile("#sandwich=" + re.escape(quote("example.com/shop.fc", safe=""))))
    for key in ("ArrowUp", "ArrowDown", "ArrowDown"):
        page.keyboard.press(key)
    expect(page.locator(".flame-status")).to_contain_text("of all")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(graph(page)).not_to_have_attribute("data-sandwich", re.compile(""))


def test_a_function_that_is_not_there_is_told(tab: Window, files: Path) -> None:
    page = tab.open(f"{(files / 'after.html').as_uri()}#sandwich=no.such")

    expect(page.locator(".flame-status")).to_have_text("no.such is not in this graph.")
    expect(page.locator(".flame-around")).to_be_hidden()
