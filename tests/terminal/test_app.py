from __future__ import annotations

from pathlib import Path

from pipeline.terminal.app import Browser
from tests.terminal.seat import browse


def test_pages_are_reached_from_everywhere_and_once(demo: Path) -> None:
    depths = []

    browse(demo, "g", "g", "m", "question_mark", lambda browser: depths.append(len(browser.screen_stack)))
    browse(demo, "g", "m", "enter", "s", lambda browser: depths.append(len(browser.screen_stack)))

    assert depths == [5, 2]


def test_letters_in_a_search_are_letters(demo: Path) -> None:
    seen = browse(demo, "slash", "type:qsgm?")

    assert "qsgm?" in "\n".join(seen)


def test_ctrl_c_ends_with_130_and_q_with_0(demo: Path) -> None:
    codes = []

    def ended(browser: Browser) -> None:
        codes.append(browser.return_code)

    browse(demo, "q", ended)
    browse(demo, "slash", "ctrl+c", ended)

    assert codes == [0, 130]
