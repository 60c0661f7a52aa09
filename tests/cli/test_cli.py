"""What all commands share: help, exit codes, streams, terminals, pipes and Ctrl-C."""

from __future__ import annotations

import os
import pty
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest

from pipeline import __version__
from pipeline.cli import COMMANDS, every_command
from pipeline.cli import heapscape as group
from tests.cli.seat import DEMO, DEMO_HEAPS, FILES, FIRST, command, environment, examples, heapscape, named, process

LEAVES = [(str(one.name),) for one in every_command() if not isinstance(one, click.Group)] + [("lake", "verify")]


def context_of(words: tuple[str, ...] | list[str]) -> click.Context:
    """Parse a command line without running it."""
    found: click.Command = group
    while isinstance(found, click.Group):
        found = named(found, words[0])
        words = words[1:]
    return found.make_context(str(found.name), list(words))


@pytest.mark.parametrize("words", LEAVES, ids=" ".join)
def test_help_has_an_example_that_parses(words: tuple[str, ...]) -> None:
    shown = heapscape(*words, "--help")

    lines = examples(shown.out)
    assert shown.code == 0
    assert lines, shown.out
    ours = [part for line in lines for part in line.split("|") if part.strip().startswith("heapscape ")]
    for part in ours:
        arguments = shlex.split(re.split(" [<>] ", part)[0])[1:]
        assert context_of(arguments).params is not None


@pytest.mark.parametrize("words", LEAVES, ids=" ".join)
def test_every_option_says_what_it_does(words: tuple[str, ...]) -> None:
    found: click.Command = group
    for word in words:
        assert isinstance(found, click.Group)
        found = named(found, word)

    silent = [
        option.name
        for option in found.params
        if isinstance(option, click.Option) and not option.hidden and not option.help
    ]

    assert silent == []


def test_the_list_of_commands_says_of_each_what_it_says_itself() -> None:
    assert {str(one.name): one.get_short_help_str(200) for one in every_command()} == COMMANDS


def test_help_imports_no_command_and_no_library_of_theirs() -> None:
    libraries = "{'numpy', 'pyarrow', 'duckdb', 'polars', 'rich'}"
    code = f"import sys; from pipeline import cli; cli.main(['--help']); print(sorted({libraries} & set(sys.modules)))"

    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert said.endswith("[]\n")


def test_help_names_every_command_and_the_exit_codes() -> None:
    shown = heapscape("--help")

    assert shown.code == 0
    assert all(f"\n  {one.name} " in shown.out for one in every_command())
    assert "0 done, 1 some inputs were refused" in " ".join(shown.out.split())


def test_version_is_the_package_version() -> None:
    assert heapscape("--version").out == f"heapscape, version {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nonsense"], "No such command 'nonsense'"),
        (["top", "--nonsense"], "No such option '--nonsense'"),
        (["growth", "--memory", "5zz"], "'5zz' is not a size; write it like 512MB or 2GiB"),
        (["growth", "--limit", "0"], "0 is not in the range x>=1"),
        (["top", "-nodefraction=x"], "'x' is not a valid float"),
        (["top", "-nodefraction=-5"], "-5.0 is not in the range 0<=x<=1"),
        (["top", "-nodefraction=nan"], "nan is not a finite number"),
        (["lake", "vacuum", "--older-than", "nan"], "nan is not a finite number"),
        (["lake", "vacuum", "--older-than", "inf"], "inf is not a finite number"),
        (["top", "--db", ""], "it is empty; name a file or a folder"),
        (["ingest", "x", "--lake", ""], "it is empty; name a file or a folder"),
        (["report", "-o", ""], "it is empty; name a file or a folder"),
        (["ingest", "x", "--label", "service=\udcff"], "'service=\\udcff' is not text in UTF-8"),
        (["sql", "SELECT 1", "--format", "xml"], "'xml' is not one of"),
        (["ingest"], "Missing argument 'INPUT...'"),
    ],
)
def test_a_wrong_command_line_is_2_with_the_reason(arguments: list[str], said: str) -> None:
    seen = heapscape(*arguments)

    assert (seen.code, seen.out) == (2, "")
    assert said in seen.err


@pytest.mark.parametrize(
    "name", ["sql", "growth", "top", "peek", "diff", "list", "flame", "export", "report", "escapes", "goroutines", "ui"]
)
def test_a_missing_database_is_2_and_says_how_to_make_it(name: str) -> None:
    words = {"sql": ["FROM source"], "peek": ["main"], "list": ["main"]}.get(name, [])

    seen = heapscape(name, *words, "--db", "not/there.duckdb")

    assert seen.code == 2
    assert "not/there.duckdb: there is no such database; make it with: heapscape load" in seen.err
    assert not Path("not").exists()


def test_settings_come_from_the_environment_and_a_flag_wins(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEAPSCAPE_DB", str(demo))

    from_environment = heapscape("sql", "SELECT COUNT(*) AS n FROM profile", "--format", "json")
    from_flag = heapscape("sql", "SELECT 1", "--db", "elsewhere.duckdb")

    assert from_environment.json() == [{"n": 13}]
    assert from_flag.code == 2


def test_output_that_is_no_terminal_is_plain(demo: Path) -> None:
    seen = process("growth", "--db", demo)

    assert seen.code == 0
    assert "\x1b" not in seen.out + seen.err


def test_a_pipe_that_closes_early_is_no_error(demo: Path) -> None:
    writing = subprocess.Popen(
        command("sql", "FROM range(1_000_000)", "--format", "csv", "--db", demo),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    )
    assert writing.stdout is not None
    assert writing.stderr is not None

    first = writing.stdout.readline()
    writing.stdout.close()
    complaint = writing.stderr.read()
    writing.stderr.close()

    assert (first, complaint, writing.wait(60)) == (b"range\n", b"", 0)


def test_a_pipe_that_nobody_reads_is_no_error(demo: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)

    done = subprocess.run(
        command("top", "--profile", "heap-12", "--db", demo),
        stdout=writing,
        stderr=subprocess.PIPE,
        env=environment(),
        timeout=60,
        check=False,
    )

    os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


def on_a_terminal(*arguments: str | Path, **more: str) -> str:
    """Run a command whose two output streams are a terminal; all it showed."""
    ours, its = pty.openpty()
    running = subprocess.Popen(
        command(*arguments), stdout=its, stderr=its, env=environment(TERM="xterm-256color", COLUMNS="160", **more)
    )
    os.close(its)
    shown = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:
            break
        if not piece:
            break
        shown += piece
    os.close(ours)
    assert running.wait(120) == 0
    return shown.decode()


def test_progress_is_shown_on_a_terminal_only(tmp_path: Path) -> None:
    on_terminal = on_a_terminal("ingest", DEMO_HEAPS, "--lake", tmp_path / "one")
    in_pipe = heapscape("ingest", DEMO_HEAPS, "--lake", tmp_path / "two")

    assert "decoding" in on_terminal
    assert "decoding" not in in_pipe.err + in_pipe.out


def test_no_color_takes_the_colours_off_a_terminal(demo: Path) -> None:
    arguments = ("sql", "SELECT 1 AS number", "--db", demo)

    coloured = on_a_terminal(*arguments)
    plain = on_a_terminal(*arguments, NO_COLOR="1")

    assert "\x1b[1m" in coloured
    assert "number" in plain
    assert "\x1b[3" not in plain


def test_ctrl_c_ends_with_130_and_leaves_the_lake_sound(tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    assert heapscape("ingest", FIRST, "--lake", lake).code == 0
    before = len(list(lake.rglob("*")))

    running = subprocess.Popen(
        command("ingest", FILES / "checkout", FILES / "shapes", "--lake", lake),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    )
    # Until it writes, and is far from done.
    while running.poll() is None and len(list(lake.rglob("*"))) == before:
        time.sleep(0.005)
    running.send_signal(signal.SIGINT)
    _, complaint = running.communicate(timeout=60)

    assert (running.returncode, complaint.strip()) == (130, b"heapscape: interrupted; what was committed stays")
    assert heapscape("lake", "verify", "--lake", lake).code == 0


def test_exit_code_is_1_when_some_and_3_when_all_inputs_are_refused() -> None:
    notes = DEMO / "notes.txt"

    assert heapscape("ingest", FIRST, "--lake", "a").code == 0
    assert heapscape("ingest", FIRST, notes, "--lake", "b").code == 1
    assert heapscape("ingest", notes, "--lake", "c").code == 3
