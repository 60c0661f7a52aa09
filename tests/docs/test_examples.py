"""Every shell, SQL and Python example of the documentation is run, page by page, from top to bottom."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli.seat import REPOSITORY, environment, heapscape

DOCS = REPOSITORY / "docs"
PAGES = sorted(path for path in DOCS.rglob("*.md") if path.name != "commands.md")
_BLOCK = re.compile(r"^(?P<indent> *)```(?P<language>\w*)\n(?P<text>.*?)^ *```$", re.MULTILINE | re.DOTALL)
RUN = ("sh", "sql", "python")
# What needs a service, Go or another program.
NOT_RUN = ("text", "go")


@dataclass(frozen=True)
class Block:
    """An example: its language, its text, and the line of the page it begins at."""

    language: str
    text: str
    line: int


def blocks(page: Path) -> list[Block]:
    content = page.read_text(encoding="utf-8")
    found = []
    for match in _BLOCK.finditer(content):
        indent = match["indent"]
        text = "".join(line.removeprefix(indent) for line in match["text"].splitlines(keepends=True))
        found.append(Block(match["language"], text, content.count("\n", 0, match.start()) + 1))
    return found


def for_spark(block: Block) -> bool:
    """Whether `make spark` runs it, which has what it imports."""
    return "import SparkSession" in block.text


pytestmark = pytest.mark.xdist_group("examples")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lake and the database that docs/README.md tells to make."""
    folder = _seat(tmp_path_factory.mktemp("docs"))
    (block,) = [block for block in blocks(DOCS / "README.md") if block.language == "sh"]
    _run(block, folder, page="docs/README.md")
    return folder


def _seat(folder: Path) -> Path:
    """A folder to run examples in: the repository's fixtures, and `heapscape` and `python` on the PATH."""
    (folder / "tests").mkdir()
    (folder / "tests" / "fixtures").symlink_to(REPOSITORY / "tests" / "fixtures")
    (folder / "bin").mkdir()
    # 1 is no failure: some inputs were refused, the rest is in.
    command = folder / "bin" / "heapscape"
    command.write_text(f'#!/bin/sh\n"{sys.executable}" -m pipeline "$@" || [ $? -eq 1 ]\n')
    command.chmod(0o755)
    (folder / "bin" / "python").symlink_to(sys.executable)
    return folder


def _run(block: Block, folder: Path, *, page: str) -> None:
    where = f"{page}, line {block.line}"
    if block.language == "sql":
        seen = heapscape("sql", block.text, "--db", folder / "heapscape.duckdb", "--format", "json")
        assert seen.code == 0, f"{where}: {seen.err}"
        assert seen.json(), f"{where}: no rows"
        return
    words = ["bash", "-euc", block.text] if block.language == "sh" else [sys.executable, "-c", block.text]
    path = f"{folder / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    done = subprocess.run(
        words, cwd=folder, env=environment(PATH=path), capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, f"{where}: {done.stdout}{done.stderr}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))
def test_examples_run(page: Path, made: Path, tmp_path: Path) -> None:
    folder = _seat(tmp_path)
    shutil.copytree(made / "heapscape-lake", folder / "heapscape-lake")
    shutil.copy(made / "heapscape.duckdb", folder)

    for block in blocks(page):
        # docs/README.md is how `made` was made.
        if block.language in RUN and page != DOCS / "README.md" and not for_spark(block):
            _run(block, folder, page=str(page.relative_to(REPOSITORY)))


def test_every_example_says_what_it_is() -> None:
    strange = [
        f"{page.name}:{block.line} {block.language}"
        for page in PAGES
        for block in blocks(page)
        if block.language not in RUN + NOT_RUN
    ]

    assert len(PAGES) > 8
    assert strange == []
