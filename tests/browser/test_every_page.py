"""What holds for each page, whoever wrote it: see pages.py for which these are."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from pipeline.server.pages import NAVIGATION
from tests.browser.chromium import DESK, PHONE, Scheme, becomes, needed, window
from tests.browser.conftest import Find
from tests.browser.pages import PAGES

pytestmark = needed
every_page = pytest.mark.parametrize("name", PAGES)


def faults(page: Page) -> list[str]:
    """What axe-core takes for serious or critical."""
    return [
        f"{fault['id']}: {node['html']}: {node['failureSummary']}"
        for fault in Axe().run(page).response["violations"]
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
    ]


def test_every_page_of_the_navigation_is_among_them() -> None:
    listed = {page.path for page in PAGES.values()}

    assert [path for path, _ in NAVIGATION if path not in listed] == []


# Without a profile there is no file of a flame graph.
@pytest.mark.parametrize("name", [name for name, page in PAGES.items() if page.path not in ("flame", "diff")])
@pytest.mark.parametrize("database", ["empty", "every_kind", "traces", "hostile"])
def test_a_page_is_as_good_over_every_other_database(chromium: Browser, find: Find, name: str, database: str) -> None:
    with window(chromium, size=PHONE) as tab:
        page = tab.open(find(PAGES[name], database=database))

        assert faults(page) == []
        assert becomes(page, lambda: page.evaluate("document.documentElement.scrollWidth") <= PHONE[0])
        assert tab.complaints == []


@pytest.mark.parametrize(("scheme", "size"), [("light", DESK), ("dark", DESK), ("light", PHONE)])
@every_page
def test_a_page_is_quiet_fits_its_window_and_has_no_serious_fault(
    chromium: Browser, find: Find, name: str, scheme: Scheme, size: tuple[int, int]
) -> None:
    with window(chromium, scheme=scheme, size=size) as tab:
        page = tab.open(find(PAGES[name]))

        assert faults(page) == []
        assert becomes(page, lambda: page.evaluate("document.documentElement.scrollWidth") <= size[0])
        assert tab.complaints == []
