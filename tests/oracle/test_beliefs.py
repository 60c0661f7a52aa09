"""docs/beliefs.md shows what its commands print, with each Go that it names."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, blocks
from tests.oracle import toolchain

pytestmark = [pytest.mark.oracle, pytest.mark.xdist_group("beliefs")]

SOURCES = toolchain.PROGRAMS / "beliefs"
_FIRST = re.compile(r"\$ (?P<command>.+?) +# Go 1\.(?P<since>\d+)(?: to 1\.(?P<until>\d+))?")


@dataclass(frozen=True)
class Measurement:
    """A command of the page, the releases of Go it is for (22 of 1.22), what the page says that it prints, and where."""

    command: str
    since: int
    until: int
    printed: str
    line: int


def measurements() -> list[Measurement]:
    found = []
    for block in blocks(DOCS / "beliefs.md"):
        first, _, printed = block.text.partition("\n")
        if match := _FIRST.fullmatch(first):
            since = int(match["since"])
            found.append(Measurement(match["command"], since, int(match["until"] or since), printed, block.line))
    return found


MEASUREMENTS = measurements()


def release(version: str) -> int:
    return int(version.split(".")[1])


@pytest.fixture(scope="module", params=toolchain.SINCE_1_22)
def measured(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """A Go, and the folder where the program is that it built."""
    folder = tmp_path_factory.mktemp("beliefs")
    toolchain.run_go(["build", "-o", folder / "beliefs", "."], version=request.param, cwd=SOURCES)
    return request.param, folder


def test_the_page_is_what_its_commands_print(measured: tuple[str, Path]) -> None:
    version, folder = measured
    path = os.pathsep.join([str(folder), str(toolchain.go(version).parent), os.environ["PATH"]])
    environment = {**toolchain.environment(version), "PATH": path, "LC_ALL": "C"}

    for one in MEASUREMENTS:
        if one.since <= release(version) <= one.until:
            words = ["bash", "-uc", one.command]
            done = subprocess.run(words, cwd=SOURCES, env=environment, capture_output=True, text=True, check=False)

            assert done.stdout == one.printed, f"docs/beliefs.md, line {one.line}, Go {version}: {done.stderr}"


def test_every_measurement_of_the_program_is_on_the_page() -> None:
    names = re.findall(r'"(\w+)": +\w+,', (SOURCES / "main.go").read_text())
    commands = " ".join(one.command for one in MEASUREMENTS)

    assert len(names) > 15
    assert [name for name in names if f"beliefs {name}" not in commands] == []


def test_what_has_a_command_says_for_which_go() -> None:
    commands = [block for block in blocks(DOCS / "beliefs.md") if block.text.startswith("$ ")]

    assert len(commands) == len(MEASUREMENTS)


def test_every_release_is_measured() -> None:
    known = {release(version) for version in toolchain.SINCE_1_22}

    assert {(one.since, one.until) for one in MEASUREMENTS if not {one.since, one.until} <= known} == set()
