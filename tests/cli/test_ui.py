"""heapscape ui, on a terminal of its own."""

from __future__ import annotations

import fcntl
import os
import select
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.seat import command, environment, heapscape, process

# The other screen of a terminal, which is left when a program gives the first one back.
ENTERED, LEFT = b"\x1b[?1049h", b"\x1b[?1049l"


@contextmanager
def sitting(db: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """The program on a terminal, and what is pressed and shown there."""
    keys, terminal = os.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    running = subprocess.Popen(
        command("ui", "--db", db), stdin=terminal, stdout=terminal, stderr=terminal, env=environment(TERM="xterm")
    )
    os.close(terminal)
    try:
        yield running, keys
    finally:
        running.kill()
        running.wait()
        os.close(keys)


def shown_until(keys: int, wanted: bytes) -> bytes:
    """All that is shown until this is; or until nothing more will be."""
    found = b""
    while wanted not in found and select.select([keys], [], [], 60)[0]:
        try:
            found += os.read(keys, 1 << 16)
        except OSError:
            break
    return found


@pytest.mark.parametrize(
    ("ends", "code"), [(b"q", 0), (b"\x03", 130), (signal.SIGTERM, 143)], ids=["q", "ctrl-c", "SIGTERM"]
)
def test_it_gives_the_terminal_back_when_it_ends(demo: Path, ends: bytes | signal.Signals, code: int) -> None:
    with sitting(demo) as (running, keys):
        seen = shown_until(keys, b"entry moved")
        if isinstance(ends, bytes):
            os.write(keys, ends)
        else:
            running.send_signal(ends)
        left = shown_until(keys, LEFT)

        assert ENTERED in seen
        assert b"entry moved" in seen
        assert LEFT in left
        assert running.wait(60) == code


def test_without_a_terminal_it_says_what_to_use_instead(demo: Path) -> None:
    seen = heapscape("ui", "--db", demo)

    assert (seen.code, seen.out) == (2, "")
    assert "ui needs a terminal; elsewhere: heapscape growth, heapscape flame --format icicle" in seen.err


def test_what_is_wrong_with_the_database_is_told_as_other_commands_do(tmp_path: Path) -> None:
    (tmp_path / "text.duckdb").write_text("no database at all")

    for name in ("no.duckdb", "text.duckdb"):
        assert heapscape("ui", "--db", name).err == heapscape("sql", "FROM source", "--db", name).err
        assert heapscape("ui", "--db", name).code == heapscape("sql", "FROM source", "--db", name).code


def test_without_textual_it_says_how_to_install_it(demo: Path, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['textual'] = None\n")
    seen = process("ui", "--db", demo, PYTHONPATH=os.pathsep.join([str(tmp_path), *sys.path]))

    assert seen.code == 2
    assert "install it with: pip install 'heapscape[ui]'" in seen.err
