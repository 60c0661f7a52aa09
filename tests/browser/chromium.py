"""A real browser, and what it has to complain of."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect, sync_playwright

# `make chromium` knows the same.
NAMES = ("chromium", "chromium-headless-shell", "chromium-browser", "google-chrome", "chrome")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)

needed = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium is on PATH; see `make chromium`"),
]

Scheme = Literal["light", "dark"]
DESK, PHONE = (1280, 800), (390, 844)

# What every figure says once its script has drawn it.
_DRAWN = """() => document.readyState === "complete"
  && [...document.querySelectorAll("figure.flame, figure.chart, figure.timeline")].every((figure) => figure.dataset.state === "ready")"""


@dataclass
class Window:
    """A page in a tab, and what has gone wrong in it since it was opened."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        self.page.on("request", self._asked)

    def open(self, address: str) -> Page:
        """The page at an address, drawn."""
        # A page that differs from the one before in the fragment alone is not loaded again.
        self.page.goto("about:blank")
        self.page.goto(address)
        self.page.wait_for_function(_DRAWN)
        return self.page

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text}")

    def _asked(self, request: Request) -> None:
        asked = urlsplit(request.url)
        if asked.scheme not in ("about", "blob", "data", "file") and asked.hostname != "localhost":
            self.complaints.append(f"asked for {request.url}")


def becomes(page: Page, holds: Callable[[], bool]) -> bool:
    """Whether something holds before long; a busy machine takes its time.

    What follows from an action is asked for in this way or by playwright's `expect`: a plain assertion after an action says how fast
    the browser was.
    """
    for _ in range(300):
        if holds():
            return True
        page.wait_for_timeout(100)
    return False


@contextmanager
def browser() -> Iterator[Browser]:
    """Chromium as long as the block. While it runs, this thread has an event loop: see conftest.py."""
    assert CHROMIUM is not None, "no chromium is on PATH; `make chromium` installs it"
    with sync_playwright() as play:
        chromium = play.chromium.launch(
            executable_path=CHROMIUM,
            # No name leads anywhere but to this machine.
            args=["--disable-background-networking", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost"],
        )
        yield chromium
        chromium.close()


@contextmanager
def window(
    chromium: Browser, *, size: tuple[int, int] = DESK, scheme: Scheme = "light", touch: bool = False
) -> Iterator[Window]:
    """A tab of its own, without cookies or anything kept."""
    width, height = size
    context = chromium.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, has_touch=touch, reduced_motion="reduce"
    )
    context.set_default_timeout(60_000)
    expect.set_options(60_000)
    yield Window(context.new_page())
    context.close()
