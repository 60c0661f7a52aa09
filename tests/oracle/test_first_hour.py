"""The tutorial's first hour with a service of one's own, typed as it stands there: a real service, and Go's own compiler."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.seat import environment
from tests.docs.pages import DOCS, blocks, seat
from tests.oracle import toolchain

pytestmark = [pytest.mark.oracle, pytest.mark.xdist_group("service")]

PAGE = DOCS / "tutorial.md"


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    seat(tmp_path)
    shutil.copytree(toolchain.PROGRAMS / "firsthour", tmp_path, dirs_exist_ok=True)
    return tmp_path


@pytest.fixture
def address(sources: Path) -> Iterator[str]:
    toolchain.run_go(["build", "-o", "running", "./cmd/checkout"], cwd=sources)
    with subprocess.Popen([sources / "running"], stdout=subprocess.PIPE, text=True) as service:
        assert service.stdout is not None
        try:
            yield service.stdout.readline().strip()
        finally:
            service.kill()


def test_the_first_hour_ends_with_the_line_that_grows_and_why(sources: Path, address: str) -> None:
    said = [_typed(block.text, sources, address) for block in blocks(PAGE) if block.language == "bash"]

    collected, grown, explained, asked, answer = said
    assert collected.count(".pb.gz\n") == 4
    assert ": no report for any package on the stack" in _line(grown, "sessions/sessions.go:29")
    assert _line(explained, "sessions/sessions.go:29").endswith(
        "&Session{...} escapes to heap: stored by s.open[user] = session"
    )
    assert "{heap} ← session: s.open[user] = session (assign) at sessions/sessions.go:30" in asked
    assert "session := &Session{User: user}" in _line(asked, "29:   ")
    assert (sources / "growth.html").read_text().lower().startswith("<!doctype html>")
    assert "&Session{...} escapes to heap" in answer


def _line(text: str, word: str) -> str:
    """The first line that has the word."""
    return next(line for line in text.splitlines() if word in line)


def _typed(text: str, folder: Path, address: str) -> str:
    """What the commands print; an hour is three seconds here, and the service is where it listens."""
    for word, here in (("localhost:6060", address), ("--every 30s", "--every 1s"), ("--for 10m", "--for 3s")):
        assert word in text or "collect" not in text
        text = text.replace(word, here)
    path = os.pathsep.join([str(folder / "bin"), str(toolchain.go().parent), os.environ.get("PATH", "")])
    own = toolchain.environment() | {"PATH": path}
    done = subprocess.run(
        ["bash", "-euc", text],
        cwd=folder,
        env=environment() | own,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
