"""Writes the pages that are made from the code: `python -m tests.docs.generate`, with `--check` only to look.

`schemas/README.md` and `sql/README.md` from the comments in the SQL, `docs/commands.md` from the commands' own help,
in `README.md` what the main job prints about the bundled artefacts, and in `docs/` what the examples print.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import chdir
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from pipeline.cli import every_command
from pipeline.cli import heapscape as group
from pipeline.reference import schemas_page, views_page
from pipeline.warehouse.modules import dependencies, modules
from tests.cli.seat import DEMO, REPOSITORY, heapscape
from tests.docs.pages import PAGES, PRINTED, another, blocks, filled, made

_WIDTH = 100
_COMMANDS = """# Commands

Written by `make docs` from the commands' own help; change that.

Every command takes `--help`. Settings that name an environment variable take it from there when the flag is not given.
Answers go to standard output, everything said about the work to standard error. `--format json` is for machines.
Exit codes: 0 done, 1 some inputs were refused and the rest is in, 2 the command line asks for something that is not
there, 3 nothing could be done, 130 interrupted by Ctrl-C, 143 by SIGTERM.
"""
_EXAMPLE = re.compile(r"(<!-- generated: run -->\n).*?(<!-- end -->\n)", re.DOTALL)


def pages() -> Mapping[Path, str]:
    """Every generated page and its text."""
    return {
        REPOSITORY / "schemas" / "README.md": schemas_page(),
        REPOSITORY / "sql" / "README.md": _views_page(),
        REPOSITORY / "docs" / "commands.md": commands_page(),
        REPOSITORY / "README.md": with_example((REPOSITORY / "README.md").read_text(encoding="utf-8")),
    }


def commands_page() -> str:
    """The text of `docs/commands.md`."""
    words = [name for name, _ in _leaves()]
    index = ", ".join(f"[{name}](#{name.replace(' ', '-')})" for name in words)
    sections = [f"## {name}\n\n```text\n{_help(command, name)}\n```\n" for name, command in _leaves()]
    return "\n".join([_COMMANDS, index + "\n", *sections])


def with_example(readme: str) -> str:
    """The README with what `heapscape run` prints about the demo between its marks."""
    if not _EXAMPLE.search(readme):
        return readme
    shown = example()
    return _EXAMPLE.sub(lambda marks: f"{marks[1]}```text\n{shown}```\n{marks[2]}", readme)


def example() -> str:
    """What the main job prints; how long it took is left out, as it is another figure every time."""
    with TemporaryDirectory() as folder, chdir(folder):
        seen = heapscape("run", DEMO)
    said = [re.sub(r"  [\d.]+ s$", "", line) for line in seen.err.splitlines() if not line.startswith("compil")]
    # People read it, and it must say the same wherever the repository lies.
    told = [line.replace(f"{DEMO}/", "") for line in said]
    lines = [*told[:-1], *seen.out.splitlines(), told[-1]]
    return "\n".join(line for line, after in zip(lines, [*lines[1:], ""], strict=True) if line or after) + "\n"


def answers() -> Mapping[Path, str]:
    """Every page that shows what its examples print, with what they print now; `tests/docs/test_examples.py` compares."""
    shown = [page for page in PAGES if any(block.language == PRINTED for block in blocks(page))]
    with TemporaryDirectory() as scratch:
        seats = [Path(scratch, str(number)) for number in range(len(shown) + 1)]
        for seat in seats:
            seat.mkdir()
        made(seats[-1])
        return {page: filled(page, another(seats[-1], seat)) for page, seat in zip(shown, seats, strict=False)}


def write() -> list[Path]:
    """Write the pages that are not what they should be; their paths."""
    wanted = {**pages(), **answers()}
    stale = [path for path, text in wanted.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path in stale:
        path.write_text(wanted[path], encoding="utf-8")
    return stale


def _views_page() -> str:
    return views_page({view: dependencies(view) for view in modules()})


def _leaves() -> Iterator[tuple[str, click.Command]]:
    for command in every_command():
        if isinstance(command, click.Group):
            yield from ((f"{command.name} {name}", inner) for name, inner in sorted(command.commands.items()))
        else:
            yield str(command.name), command


def _help(command: click.Command, name: str) -> str:
    with click.Context(group, info_name="heapscape", **group.context_settings) as outer:
        context = click.Context(command, info_name=name, parent=outer, terminal_width=_WIDTH)
        return command.get_help(context)


def main(argv: Sequence[str] | None = None) -> int:
    """Write, or with `--check` say what is stale and return 1."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--check", action="store_true", help="write nothing; 1 when a page is stale")
    if arguments.parse_args(argv).check:
        stale = [path for path, text in pages().items() if not path.exists() or path.read_text() != text]
        sys.stderr.writelines(f"{path.relative_to(REPOSITORY)} is stale; run: make docs\n" for path in stale)
        return 1 if stale else 0
    sys.stdout.writelines(f"wrote {path.relative_to(REPOSITORY)}\n" for path in write())
    return 0


if __name__ == "__main__":
    sys.exit(main())
