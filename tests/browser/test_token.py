"""A server that wants a token, from a browser: told once, by whatever way one comes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chromium import Window, becomes, needed
from tests.server.conftest import served

pytestmark = needed


@pytest.fixture(scope="module")
def guarded(demo: Path) -> Iterator[str]:
    with served(demo, token="secret") as client:
        yield str(client.base_url).rstrip("/")


def follow(page: Page, folder: Path, address: str) -> None:
    """A link on a page of somebody else."""
    other = folder / "chat.html"
    other.write_text(f'<a href="{address}">look at this</a>')
    page.goto(other.as_uri())
    page.get_by_role("link").click()


def test_the_token_is_said_once_and_leaves_the_address(tab: Window, guarded: str) -> None:
    page = tab.open(f"{guarded}/growth?service=checkout&token=secret")

    expect(page).to_have_url(f"{guarded}/growth?service=checkout")
    page.get_by_role("link", name="SQL").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("SQL")


def test_a_link_that_somebody_sent_leads_to_its_page(tab: Window, guarded: str, tmp_path: Path) -> None:
    follow(tab.page, tmp_path, f"{guarded}/growth?token=secret")
    expect(tab.page.get_by_role("heading", level=1)).to_have_text("Growth")

    follow(tab.page, tmp_path, f"{guarded}/sql?q=SELECT+42")
    expect(tab.page.locator("table.answer td")).to_have_text("42")


def test_a_page_of_somebody_else_can_show_nothing_of_ours(tab: Window, guarded: str, tmp_path: Path) -> None:
    page = tab.open(f"{guarded}/?token=secret")
    other = tmp_path / "evil.html"
    other.write_text(
        f"<script src='{guarded}/query.json?q=SELECT+1'></script><iframe src='{guarded}/'></iframe>"
        f"<script>fetch('{guarded}/metrics').catch(() => document.title = 'refused')</script>"
    )

    page.goto(other.as_uri())

    expect(page).to_have_title("refused")
    for said in ("frame-ancestors 'none'", "ERR_BLOCKED_BY_RESPONSE", "blocked by CORS policy"):
        assert becomes(page, lambda said=said: said in " ".join(tab.complaints)), said  # type: ignore[misc]
    tab.complaints.clear()
