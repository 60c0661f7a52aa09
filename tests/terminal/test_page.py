"""What every page has in common."""

from __future__ import annotations

import re
import shutil
import time
from pathlib import Path
from urllib.parse import quote

import pytest

from pipeline.terminal.app import Browser
from tests.builders.profile import message
from tests.cli.seat import heapscape
from tests.terminal.seat import browse, screen

# Written out, and not taken from the code under test.
FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
EVIL = "[red]boo[/red][/][@click=app.quit]x\x1b[31m\x07\u202e\n"
SHOWN = "[red]boo[/red][/][@click=app.quit]x\\x1b[31m\\x07\\u202e\\n"
ENDLESS = "type:SELECT COUNT(*) FROM range(1000000000000) WHERE hash(range) = 5"


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database whose every name is markup, and orders to a terminal."""
    folder = tmp_path_factory.mktemp("hostile")
    inputs = folder / f"service={quote(EVIL, safe='')}"
    inputs.mkdir()
    for number in range(3):
        made = message(
            f"main.grow@cache.go:21 main.main@main.go:9 {1_000_000 * (number + 1)} 1",
            types=("inuse_space/bytes", "odd/odd"),
            time_ns=(1_700_000_000 + 60 * number) * 10**9,
        )
        kept = ("", "inuse_space", "bytes")
        made.string_table[:] = [text if text in kept else text + EVIL for text in made.string_table]
        (inputs / f"heap{number}.pb").write_bytes(made.SerializeToString())
    (inputs / "dump.txt").write_text(f"goroutine 1 [select]:\nmain.f{EVIL.strip()}(0x1)\n\t/src/a.go:5 +0x1d\n\n")
    assert heapscape("ingest", inputs, "--lake", folder / "lake").code == 0
    assert heapscape("load", "--lake", folder / "lake", "--db", folder / "hostile.duckdb").code == 0
    return folder / "hostile.duckdb"


WAYS = (
    (),
    ("enter",),
    ("enter",),
    ("f", "down", "down", "enter"),
    ("s", "f", "slash", "type:grow", "enter", "n", "t", "t"),
    ("s", "g"),
    ("s", "S", "type:FROM function", "enter"),
    ("s", "m"),
    ("s", "question_mark"),
)


@pytest.mark.parametrize("size", [(250, 50), (80, 24), (40, 15), (9, 4)])
def test_names_are_text_on_every_page_at_every_size(hostile: Path, size: tuple[int, int]) -> None:
    seen: list[list[str]] = []
    steps = [step for way in WAYS for step in (*way, lambda browser: seen.append(screen(browser)))]

    browse(hostile, *steps, size=size)

    assert [line for page in seen for line in page if FORBIDDEN.search(line)] == []
    assert [len(page) for page in seen] == [size[1]] * len(WAYS)
    if size[0] == 250:
        # No name is on the last two pages; elsewhere it is at least how it begins.
        assert [SHOWN[:24] in "\n".join(page) for page in seen] == [True] * 7 + [False] * 2
        assert SHOWN in "\n".join(seen[2])


def test_another_size_while_it_runs_is_drawn(demo: Path) -> None:
    for steps in (("enter",), ("enter", "enter"), ("f",)):
        seen = browse(demo, *steps, (80, 24), (40, 15))

        assert len(seen) == 15
        assert max(map(len, seen)) <= 40
        assert seen[1].strip()


def test_escape_leads_back_page_by_page_and_stays_on_the_first(demo: Path) -> None:
    assert "what grew" in browse(demo, "enter", "enter", "f", "escape", "escape", "escape", "escape")[0]
    assert "store/cache.go:21 ·" in browse(demo, "enter", "enter", "f", "escape")[0]
    assert "what grew" in browse(demo, "enter", "enter", "f", "s")[0]


def test_a_newly_published_database_is_shown_with_its_rows(demo: Path, every_kind: Path, tmp_path: Path) -> None:
    db = shutil.copy(demo, tmp_path / "db.duckdb")

    def publish(browser: Browser) -> None:
        shutil.copy(every_kind, tmp_path / "draft")
        (tmp_path / "draft").replace(db)
        browser.look()

    assert "everykind" in "\n".join(browse(db, publish))
    assert "everykind" in "\n".join(browse(db_of(demo, tmp_path), "enter", publish, "escape"))


def test_a_series_of_another_database_with_the_same_number_is_not_taken_for_it(
    demo: Path, every_kind: Path, tmp_path: Path
) -> None:
    def publish(browser: Browser) -> None:
        shutil.copy(every_kind, tmp_path / "draft")
        (tmp_path / "draft").replace(tmp_path / "db.duckdb")
        browser.look()

    for keys in (["enter"], ["enter", "enter"], ["enter", "f"], ["f"]):
        found = browse(db_of(demo, tmp_path), *keys, publish)
        assert "this series is no longer in the database" in "\n".join(found)


def db_of(demo: Path, folder: Path) -> Path:
    shutil.copy(demo, folder / "fresh")
    return (folder / "fresh").replace(folder / "db.duckdb")


def test_a_database_that_is_taken_away_is_told_and_may_come_back(demo: Path, tmp_path: Path) -> None:
    db = Path(shutil.copy(demo, tmp_path / "db.duckdb"))

    def away(browser: Browser) -> None:
        db.rename(tmp_path / "away")

    def back(browser: Browser) -> None:
        (tmp_path / "away").rename(db)

    assert "there is no such database; make it with:" in " ".join(line.strip() for line in browse(db, away, "r"))
    (tmp_path / "away").rename(db)
    assert "checkout · a" in "\n".join(browse(db, away, "r", back, "r"))


def test_one_who_leaves_does_not_wait_for_a_question(demo: Path) -> None:
    before = time.process_time()

    # Its limit is half a minute.
    browse(demo, "S", *ENDLESS_QUIETLY)

    assert time.process_time() - before < 20


def leave(browser: Browser) -> None:
    """Ask what has no end, and go."""
    from textual.widgets import Input

    browser.screen.query_one("#query", Input).value = ENDLESS.removeprefix("type:")
    browser.action_again()
    browser.set_timer(0.5, browser.pop_screen)


ENDLESS_QUIETLY = (leave,)
