"""The application: which page is on top, and what it does when another database is published."""

from __future__ import annotations

import asyncio
import signal
from typing import ClassVar

from textual.app import App
from textual.binding import Binding, BindingType

from pipeline.terminal.page import Page
from pipeline.terminal.series import SeriesPage
from pipeline.terminal.sql import SqlPage
from pipeline.terminal.texts import GoroutinesPage, HelpPage, MemoryPage
from pipeline.warehouse.serving import Serving

_INTERRUPTED = 130
_TERMINATED = 143
# How often it is looked whether a load has put another file in place of the database's.
_LOOK_S = 2.0


class Browser(App[None]):
    """Pages over a database; the lowest is that of the series."""

    ENABLE_COMMAND_PALETTE = False
    TITLE = "heapscape"
    CSS = """
    #head { height: 1; background: $primary; color: $text; text-style: bold; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
    #said { height: auto; max-height: 6; padding: 0 1; color: $text-muted; }
    FlamePage #said { height: 2; max-height: 2; }
    #body { height: 1fr; }
    #text { width: auto; padding: 0 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark", "pages('help')", "keys", key_display="?"),
        Binding("q", "quit", "quit"),
        Binding("s", "pages('series')", "series"),
        Binding("g", "pages('goroutines')", "goroutines"),
        Binding("m", "pages('memory')", "memory"),
        Binding("S", "pages('sql')", "SQL"),
        Binding("r", "again", "ask again", show=False),
        Binding("ctrl+c", "interrupt", show=False, priority=True),
    ]

    def __init__(self, serving: Serving) -> None:
        super().__init__()
        self.serving = serving

    def on_mount(self) -> None:
        # Ends it as q does, so that the terminal is given back as it was.
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self.exit, None, _TERMINATED)
        self.push_screen(SeriesPage(self.serving))
        self.set_interval(_LOOK_S, self.look)

    def look(self) -> None:
        """Show what is newly published; of the pages below, when one comes back to them."""
        page = self.screen
        if isinstance(page, Page) and (now := page.now()) and page.seen != now:
            page.reload()

    def action_pages(self, name: str) -> None:
        """Go to a page of this kind; to the lowest for the series."""
        while name == "series" and len(self.screen_stack) > 2:
            self.pop_screen()
        kinds: dict[str, type[Page]] = {
            "goroutines": GoroutinesPage,
            "memory": MemoryPage,
            "sql": SqlPage,
            "help": HelpPage,
        }
        if name in kinds and not isinstance(self.screen, kinds[name]):
            self.push_screen(kinds[name](self.serving))

    def action_again(self) -> None:
        """Ask again what the page shows."""
        if isinstance(self.screen, Page):
            self.screen.reload()

    def action_interrupt(self) -> None:
        self.exit(return_code=_INTERRUPTED)
