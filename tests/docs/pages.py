"""The examples of the documentation: where they stand, how they are run, and what they print."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.cli.seat import REPOSITORY, environment, heapscape

DOCS = REPOSITORY / "docs"
PAGES = sorted(path for path in DOCS.rglob("*.md") if path.name != "commands.md")
RUN = ("sh", "sql", "python")
# What the example above it prints.
PRINTED = "output"
_BLOCK = re.compile(r"^(?P<indent> *)```(?P<language>\w*)\n(?P<text>.*?)^ *```$", re.MULTILINE | re.DOTALL)


class ExampleError(AssertionError):
    """An example failed, or printed nothing where it should answer."""


@dataclass(frozen=True)
class Block:
    """An example: its language, its text, the line of the page it begins at, and where its text stands in the page."""

    language: str
    text: str
    line: int
    start: int
    end: int


def blocks(page: Path) -> list[Block]:
    content = page.read_text(encoding="utf-8")
    found = []
    for match in _BLOCK.finditer(content):
        text = "".join(line.removeprefix(match["indent"]) for line in match["text"].splitlines(keepends=True))
        line = content.count("\n", 0, match.start()) + 1
        found.append(Block(match["language"], text, line, *match.span("text")))
    return found


def for_spark(block: Block) -> bool:
    """Whether `make spark` runs it, which has what it imports."""
    return "import SparkSession" in block.text


def seat(folder: Path) -> Path:
    """A folder to run examples in: the repository's fixtures, and `heapscape` and `python` on the PATH."""
    (folder / "tests").mkdir()
    (folder / "tests" / "fixtures").symlink_to(REPOSITORY / "tests" / "fixtures")
    (folder / "bin").mkdir()
    # 1 is no failure: some inputs were refused, the rest is in.
    command = folder / "bin" / "heapscape"
    command.write_text(
        f'#!/bin/sh\n"{sys.executable}" -m pipeline "$@" || {{ code=$?; [ $code -eq 1 ] || exit $code; }}\n'
    )
    command.chmod(0o755)
    (folder / "bin" / "python").symlink_to(sys.executable)
    return folder


def made(folder: Path) -> Path:
    """A seat with the lake and the database that docs/README.md tells to make."""
    seat(folder)
    (block,) = [block for block in blocks(DOCS / "README.md") if block.language == "sh"]
    _run(block, folder, page="docs/README.md")
    return folder


def another(seat_made: Path, folder: Path) -> Path:
    """A seat with a copy of what lies in the one that `made` made."""
    seat(folder)
    shutil.copytree(seat_made / "heapscape-lake", folder / "heapscape-lake")
    shutil.copy(seat_made / "heapscape.duckdb", folder)
    return folder


def outputs(page: Path, folder: Path) -> Iterator[tuple[Block, str]]:
    """Run the examples of a page from top to bottom; each block of what one prints, with what it printed now."""
    printed = ""
    for block in blocks(page):
        # docs/README.md is how `made` is made.
        if block.language in RUN and page != DOCS / "README.md" and not for_spark(block):
            printed = _run(block, folder, page=str(page.relative_to(REPOSITORY)))
        elif block.language == PRINTED:
            yield block, printed


def filled(page: Path, folder: Path) -> str:
    """The text of a page with what its examples print now."""
    content = page.read_text(encoding="utf-8")
    for block, printed in reversed(list(outputs(page, folder))):
        content = content[: block.start] + printed + content[block.end :]
    return content


def _run(block: Block, folder: Path, *, page: str) -> str:
    """What an example prints, as a page can have it: without the spaces that end a line or do not break one."""
    where = f"{page}, line {block.line}"
    if block.language == "sql":
        answer = _asked(block.text, folder, where=where)
    else:
        answer = _called(block, folder, where=where)
    return "".join(f"{line.rstrip()}\n" for line in answer.replace("\N{NO-BREAK SPACE}", " ").strip("\n").splitlines())


def _asked(query: str, folder: Path, *, where: str) -> str:
    seen = heapscape("sql", query, "--db", folder / "heapscape.duckdb", "--format", "json")
    if seen.code != 0 or not seen.json():
        raise ExampleError(f"{where}: {seen.err or 'no rows'}")
    return heapscape("sql", query, "--db", folder / "heapscape.duckdb").out


def _called(block: Block, folder: Path, *, where: str) -> str:
    words = ["bash", "-euc", block.text] if block.language == "sh" else [sys.executable, "-c", block.text]
    path = f"{folder / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    done = subprocess.run(
        words, cwd=folder, env=environment(PATH=path), capture_output=True, text=True, timeout=120, check=False
    )
    if done.returncode != 0:
        raise ExampleError(f"{where}: {done.stdout}{done.stderr}")
    return done.stdout
