"""Pages as a real server and real files have them, in a browser that the tests of a file share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.chromium import Window, browser, window
from tests.browser.pages import FILES, Address, empty_database, hostile_database
from tests.conftest import Once
from tests.server.conftest import served

Find = Callable[..., str]


# Not for the whole session: its event loop would be in the way of tests that run one of their own.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as running:
        yield running


@pytest.fixture
def tab(chromium: Browser) -> Iterator[Window]:
    """A tab in which nothing may go wrong while a test runs."""
    with window(chromium) as opened:
        yield opened
        assert opened.complaints == []


@pytest.fixture(scope="session")
def hostile(once: Once) -> Path:
    """A database in which every text that a file holds would be a script."""
    return once("hostile-pages", hostile_database) / "hostile.duckdb"


@pytest.fixture(scope="session")
def empty(once: Once) -> Path:
    return once("empty-pages", empty_database) / "empty.duckdb"


@pytest.fixture(scope="module")
def find(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Find]:
    """Where a page is: of a server over its database, which is started when it is first asked for, or a file made of it."""
    running: dict[str, str] = {}
    with ExitStack() as servers:

        def found(page: Address, *, database: str = "") -> str:
            name = database or page.database
            path: Path = request.getfixturevalue(name)
            if page.path in FILES:
                made = tmp_path_factory.mktemp(name) / f"{page.path}.html"
                FILES[page.path](path, made)
                return made.as_uri()
            if name not in running:
                running[name] = str(servers.enter_context(served(path)).base_url).rstrip("/")
            return running[name] + page.path

        yield found
