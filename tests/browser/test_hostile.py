"""Names that would be scripts are text on every page; and what tests listen for is heard."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.chromium import becomes, needed, window
from tests.browser.conftest import Find
from tests.browser.pages import EVIL, FILES, PAGES, Address

pytestmark = needed

# What a name would have made, had it been more than text.
# Data of charts is in scripts that are none.
_SCRIPTS = "document.querySelectorAll('script:not([type$=json])').length"
MADE = f"[window.owned, document.querySelectorAll('img, [onerror]').length, {_SCRIPTS}]"


def scripts(page: Page) -> int:
    return int(page.evaluate(_SCRIPTS))


@pytest.mark.parametrize("name", PAGES)
def test_a_name_that_would_be_a_script_is_text(chromium: Browser, find: Find, name: str) -> None:
    with window(chromium) as tab:
        page = tab.open(find(PAGES[name]))
        ours = scripts(page)

        page = tab.open(find(PAGES[name], database="hostile"))

        assert page.evaluate(MADE) == [None, 0, ours]
        # The same markup around every name: nothing ended an element or an attribute.
        assert (
            page.evaluate(
                "[...document.querySelectorAll('*')].filter((one) => /[\"'<>{}]/.test(one.getAttributeNames().join())).length"
            )
            == 0
        )
        assert tab.complaints == []


def test_the_names_are_there(chromium: Browser, find: Find) -> None:
    with window(chromium) as tab:
        for page in (Address("/"), Address("/growth"), Address("/views/function"), Address("report")):
            assert EVIL in tab.open(find(page, database="hostile")).inner_text("body"), page
        for page in (Address("/growth"), Address("report")):
            opened = tab.open(find(page, database="hostile"))
            opened.get_by_role("button", name="Open all").click()
            for part in (".why", ".flow .code", ".facts .code"):
                expect(opened.locator(f"table.growth {part}").filter(has_text=EVIL).first).to_be_visible()


def test_a_name_that_would_be_a_script_is_text_where_it_is_pointed_at_found_and_kept(
    chromium: Browser, find: Find
) -> None:
    with window(chromium) as tab:
        page = tab.open(find(Address("/flame"), database="hostile"))

        canvas = page.locator("figure.flame canvas")
        canvas.hover(position={"x": 100, "y": 50})
        expect(page.get_by_role("tooltip")).to_contain_text(EVIL)
        canvas.click(position={"x": 100, "y": 50})
        page.get_by_text("Top functions as a table").click()
        page.locator(".flame-table button").first.click()
        expect(page.locator(".flame-status")).to_contain_text(EVIL)
        page.reload()
        expect(page.locator("figure.flame")).to_have_attribute("data-state", "ready")

        assert page.evaluate(MADE)[:2] == [None, 0]
        assert tab.complaints == []


@pytest.mark.parametrize(
    "query",
    [
        f"SELECT '{EVIL.replace(chr(39), chr(39) * 2)}' AS name, 1 AS x",
        f'SELECT 1 AS "{EVIL.replace(chr(34), chr(34) * 2)}"',
    ],
)
def test_a_query_that_would_be_a_script_is_text(chromium: Browser, find: Find, query: str) -> None:
    with window(chromium) as tab:
        page = tab.open(find(PAGES["sql"]))
        page.get_by_role("textbox").fill(query)
        page.get_by_role("button", name="Run").click()

        expect(page.locator("table.answer")).to_contain_text(EVIL)
        expect(page.get_by_role("textbox")).to_have_value(query)
        assert page.evaluate(MADE)[:2] == [None, 0]
        assert tab.complaints == []


@contextmanager
def heard(chromium: Browser, find: Find, body: str) -> Iterator[list[str]]:
    """What is complained of when something is added to a page of the server."""
    with window(chromium) as tab:
        page = tab.open(find(PAGES["overview"]))
        page.evaluate("(html) => document.body.append(document.createRange().createContextualFragment(html))", body)
        becomes(page, lambda: bool(tab.complaints))
        yield tab.complaints


@pytest.mark.parametrize(
    "body",
    [
        "<script>window.owned = 1</script>",
        "<img src=x onerror='window.owned = 1'>",
        "<img src='http://elsewhere.example/x.png'>",
        "<script src='http://elsewhere.example/x.js'></script>",
        "<iframe src='/'></iframe>",
        "<script src='/assets/none.js'></script>",
    ],
)
def test_what_a_page_may_not_do_is_prevented_and_heard(chromium: Browser, find: Find, body: str) -> None:
    with heard(chromium, find, body) as complaints:
        assert complaints


def test_an_error_of_a_script_is_heard(chromium: Browser, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<script>nothing.there()</script>")

    with window(chromium) as tab:
        opened = tab.open(page.as_uri())

        assert becomes(opened, lambda: tab.complaints == ["error: nothing is not defined"])


def test_every_file_is_among_the_pages() -> None:
    assert set(FILES) <= {page.path for page in PAGES.values()}
