"""The user's seat: commands run in this process or as real ones, and what was seen of them."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from pipeline.cli import main
from pipeline.lake.batch_log import latest
from tests.builders.profile import profile

REPOSITORY = Path(__file__).resolve().parents[2]
FILES = REPOSITORY / "tests" / "fixtures" / "files"
DEMO = FILES / "checkout" / "service=checkout" / "build=1.4.2"
DEMO_HEAPS = DEMO / "instance=a"
# A minute of life, 13 heap profiles, and what the service was built with.
FIRST, LAST = DEMO_HEAPS / "heap-00.pb.gz", DEMO_HEAPS / "heap-12.pb.gz"
REPORT = DEMO / "escape-m2.txt"
EVERY_KIND = FILES / "everykind" / "service=everykind" / "build=go1.27-trim"
TRACES = FILES / "tracer" / "service=tracer" / "build=go1.27-trim"
# What makes rich take a pipe for a terminal, or a terminal for a pipe.
COLOURS = ("NO_COLOR", "FORCE_COLOR", "TTY_")


@dataclass(frozen=True)
class Seen:
    """What a command came to."""

    code: int
    answer: bytes
    err: str

    @property
    def out(self) -> str:
        """The answer; the spaces that keep a number and its unit on one line are plain ones here."""
        return self.answer.decode().replace("\N{NO-BREAK SPACE}", " ")

    def json(self) -> Any:
        return json.loads(self.out)


def heapscape(*arguments: str | Path) -> Seen:
    """Run a command in this process; nothing is a terminal."""
    answer = io.BytesIO()
    out, err = io.TextIOWrapper(answer, encoding="utf-8", write_through=True), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main([str(argument) for argument in arguments])
        out.flush()
    return Seen(code, answer.getvalue(), err.getvalue())


def command(*arguments: str | Path) -> list[str]:
    """The words that start a command as a process of its own."""
    return [sys.executable, "-m", "pipeline", *(str(argument) for argument in arguments)]


def environment(**more: str) -> dict[str, str]:
    """The environment for such a process: this checkout's code, a plain terminal, none of the user's settings."""
    left_out = ("HEAPSCAPE_", "COLUMNS", "LINES", *COLOURS)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
    return {**kept, "PYTHONPATH": str(REPOSITORY), "TZ": "UTC", **more}


def process(*arguments: str | Path, stdin: bytes = b"", **more: str) -> Seen:
    """Run a command as a process, with pipes for its three streams."""
    done = subprocess.run(
        command(*arguments), input=stdin, capture_output=True, env=environment(**more), timeout=120, check=False
    )
    return Seen(done.returncode, done.stdout, done.stderr.decode())


def rows(seen: Seen) -> list[list[str]]:
    """The cells of a printed table, without its head."""
    lines = seen.out.splitlines()
    rule = next(place for place, line in enumerate(lines) if set(line.strip()) == {"─"})
    return [line.split() for line in lines[rule + 1 :] if line.strip()]


def examples(help_text: str) -> Sequence[str]:
    """The commands that a help text shows, pipes and all; not those it speaks of."""
    return [
        line.strip()
        for line in help_text.splitlines()
        if line.startswith("    ") and "heapscape " in line and "`" not in line
    ]


# What makes a batch of every three to five of the profiles below.
MEMORY = "64KB"


def many_profiles(folder: Path, n: int) -> Path:
    """A folder of so many small heap profiles of a service, a report and a note: many batches, and so many commits."""
    inputs = folder / "service=shop" / "build=1"
    inputs.mkdir(parents=True)
    for number in range(n):
        frames = [f"main.f{(number + place) % 97}@main.go:{place + 1} main.main@main.go:1" for place in range(20)]
        samples = [f"{frame} {1000 * (number + place)}" for place, frame in enumerate(frames)]
        content = profile(*samples, time_ns=1_700_000_000_000_000_000 + number * 1_000_000_000)
        (inputs / f"{number:04}.pb").write_bytes(content)
    (inputs / "0000.txt").write_text(
        "# shop\n" + "".join(f"./main.go:{n + 1}:2: moved to heap: x\n" for n in range(20))
    )
    (inputs / "0001.txt").write_text("call them on Monday")
    return inputs


def commits(lake: Path) -> int:
    """How many batches anyone can see."""
    return latest(str(lake))


def named(group: click.Group, name: str) -> click.Command:
    """A command of a group, which is imported only now."""
    found = group.get_command(click.Context(group), name)
    assert found is not None, name
    return found
