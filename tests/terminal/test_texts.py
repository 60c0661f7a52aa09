from __future__ import annotations

from pathlib import Path

from tests.browser.pages import empty_database, hostile_database
from tests.terminal.seat import browse


def test_goroutines_are_told_as_the_command_does(tmp_path: Path) -> None:
    hostile_database(tmp_path)

    seen = "\n".join(browse(tmp_path / "hostile.duckdb", "g"))

    assert "goroutines  growth  state   function" in seen
    assert "main.f" in seen


def test_the_collector_is_told_as_the_command_does(traces: Path) -> None:
    seen = "\n".join(browse(traces, "m"))

    assert "tracer" in seen
    assert "cycles" in seen


def test_where_there_is_nothing_it_is_said(tmp_path: Path) -> None:
    empty_database(tmp_path)
    db = tmp_path / "empty.duckdb"

    assert "there is no goroutine profile and no dump" in browse(db, "g")[1]
    assert "there is no log of the collector, no trace and no MemStats" in browse(db, "m")[1]


def test_every_key_of_the_footer_is_in_the_help(demo: Path) -> None:
    seen = "\n".join(browse(demo, "question_mark", size=(100, 60)))

    for key in ("?", "Escape", "q", "/", "s", "g", "m", "S", "r", "f", "o", "n", "t", "Enter", "Backspace", "Home"):
        assert f"\n   {key} " in seen, key
