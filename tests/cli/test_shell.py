"""The shell of heapscape sql, on a terminal of its own."""

from __future__ import annotations

import fcntl
import os
import select
import signal
import subprocess
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipeline.cli.shell import is_whole
from tests.cli.seat import LAST, command, environment, process

_LONG = "SELECT COUNT(*) FROM range(100000) AS a, range(10000000) AS b WHERE hash(a.range + b.range) = 1;"


class Seat:
    """Who sits at the terminal: types, and reads until something is there."""

    def __init__(self, keys: int) -> None:
        self._keys = keys
        self._seen = ""
        self._at = 0

    def type(self, text: str) -> None:
        os.write(self._keys, text.encode())

    def read(self, wanted: str, *, seconds: float = 90) -> str:
        """What came, since it was last read, until this did."""
        begin, until = self._at, time.monotonic() + seconds
        while wanted not in self._seen[begin:] and time.monotonic() < until:
            if select.select([self._keys], [], [], 1)[0]:
                try:
                    self._seen += os.read(self._keys, 1 << 16).decode(errors="replace")
                except OSError:
                    break
        assert wanted in self._seen[begin:], self._seen[begin:]
        self._at = self._seen.index(wanted, begin) + len(wanted)
        return self._seen[begin : self._at]

    def ready(self, prompt: str) -> None:
        """Until it waits for keys: the terminal hands on every one by itself then, Ctrl-C and Ctrl-D too."""
        self.read(prompt)
        until = time.monotonic() + 30
        while termios.tcgetattr(self._keys)[3] & termios.ICANON:
            assert time.monotonic() < until
            time.sleep(0.02)


@contextmanager
def sitting(*arguments: str | Path, state: Path) -> Iterator[tuple[subprocess.Popen[bytes], Seat]]:
    """The shell on a terminal that has no abilities, so that what it writes can be read."""
    keys, terminal = os.openpty()
    more = {"TERM": "dumb", "XDG_STATE_HOME": str(state), "COLUMNS": "200"}
    running = subprocess.Popen(
        command("sql", *arguments),
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        env=environment(**more),
        # So that Ctrl-C reaches it as from a terminal.
        preexec_fn=lambda: _own_terminal(terminal),
    )
    os.close(terminal)
    try:
        yield running, Seat(keys)
    finally:
        running.kill()
        running.wait()
        os.close(keys)


def _own_terminal(terminal: int) -> None:
    os.setsid()
    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)


def test_a_sitting(demo: Path, tmp_path: Path) -> None:
    """Statements, help, errors that say where, an interrupted query, and an end; one process, as each takes a second to start."""
    with sitting("--db", demo, state=tmp_path) as (running, seat):
        seat.ready("demo.duckdb> ")

        seat.type("SELECT COUNT(*) * 1000 AS n\rFROM profile;\r")
        seat.read("13000")

        seat.type("SELECT nothing\rFROM source;\r")
        said = seat.read("^")
        assert 'Referenced column "nothing" not found' in said
        assert "LINE 1: SELECT nothing" in said

        seat.type("DROP TABLE profile;\r")
        seat.read("DROP: heapscape sql only reads")

        seat.type(".help heap.series\r")
        said = seat.read("How well a straight line fits")
        assert "One row per series of heap profiles: its span and how its total grew." in said
        assert "A series of one profile has no growth and no slope." in said

        seat.type(".schema heap._newest\r")
        seat.read("CREATE VIEW heap._newest")
        seat.type(".help heap.serie\r")
        seat.read("did you mean heap.series")
        seat.type(".nonsense\r")
        seat.read("the shell has no such command; there are .help")
        seat.type(".tables gc.su\r")
        seat.read("gc.summary  view")

        for _ in range(2):
            seat.type(f"{_LONG}\r")
            time.sleep(1.5)
            seat.type("\x03")
            seat.read("interrupted")
            seat.ready("demo.duckdb> ")
        # What is typed half goes too.
        seat.type("SELECT 1 FROM\r\x03")
        seat.read("interrupted")
        seat.ready("demo.duckdb> ")

        seat.type("SELECT 'got ' || COUNT(*) FROM inventory.pro\t")
        # A terminal without abilities is shown the last letter of what is there.
        seat.read("inventory.pros")
        seat.type(";\r")
        seat.read("got 13")

        seat.type(".mode csv\r.output out.csv\rSELECT 7 AS seven;\r.output\rSELECT 8 AS eight;\r")
        seat.read("eight")
        seat.type(".quit\r")

        assert running.wait(60) == 0
    assert Path("out.csv").read_text().splitlines() == ["seven", "7"]
    assert (tmp_path / "heapscape" / "sql_history").stat().st_mode & 0o077 == 0
    assert "+.help heap.series" in (tmp_path / "heapscape" / "sql_history").read_text()


def test_it_asks_files_and_ends_with_the_terminal(tmp_path: Path) -> None:
    with sitting(LAST, state=tmp_path) as (running, seat):
        seat.read("files> ")
        seat.type("SELECT COUNT(*) + 41 AS n FROM heap.series;\r")
        seat.read("42")
        seat.ready("files> ")
        seat.type("\x04")

        assert running.wait(60) == 0


def test_sigterm_ends_it(demo: Path, tmp_path: Path) -> None:
    with sitting("--db", demo, state=tmp_path) as (running, seat):
        seat.read("demo.duckdb> ")
        running.send_signal(signal.SIGTERM)

        assert running.wait(60) == 143


def test_without_a_terminal_there_is_no_shell(demo: Path) -> None:
    seen = process("sql", "--db", demo)

    assert (seen.code, seen.out) == (2, "")
    assert "the query is missing; give one, or - to read it from standard input" in seen.err


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("", True),
        ("SELECT 1", False),
        ("SELECT 1;", True),
        ("SELECT 1; ", True),
        ("SELECT 1\n", True),
        ("SELECT 1\nFROM", False),
        (".help", True),
        ("  .help x", True),
    ],
)
def test_enter_sends_what_a_semicolon_or_an_empty_line_ends(typed: str, sent: bool) -> None:
    assert is_whole(typed) == sent
