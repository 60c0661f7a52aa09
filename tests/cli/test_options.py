"""Options that several commands share."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from pipeline.cli import heapscape as group
from pipeline.cli import options
from pipeline.errors import UsageError
from tests.cli.seat import DEMO, LAST, REPOSITORY, heapscape, named


def test_one_input_may_take_a_twelfth_of_the_memory() -> None:
    assert options.limits("1GiB").max_plain_bytes == (1 << 30) // 12


@pytest.mark.parametrize("label", ["checkout", "=checkout"])
def test_a_label_without_key_or_value_is_a_usage_error(label: str) -> None:
    seen = heapscape("ingest", DEMO, "--label", label)

    assert seen.code == 2
    assert "service=checkout" in seen.err


@pytest.mark.parametrize("size", ["much", "12", "1 lightyear"])
def test_a_size_that_is_none_is_a_usage_error(size: str) -> None:
    seen = heapscape("load", "--memory", size)

    assert seen.code == 2
    assert "512MB" in seen.err


def test_every_number_is_finite_and_every_path_is_named() -> None:
    """Of all options of all commands, so that a new one cannot be forgotten."""
    found = list(_options(group, "heapscape"))
    floats = [one for one in found if isinstance(one[1].type, click.types.FloatParamType)]
    paths = [one for one in found if set(re.findall("[A-Z]+", str(one[1].metavar))) & {"FILE", "DIR"}]

    assert {option.name for _, option in floats} >= {"nodefraction", "hours"}
    assert {option.name for _, option in paths} >= {"lake", "db", "path", "html", "report"}
    assert [one for one in floats if not isinstance(one[1].type, options.Finite)] == []
    assert [one for one in paths if not isinstance(one[1].type, options.Place) and one[1].name not in _NO_PATH] == []


# FILE:LINE is a place in code.
_NO_PATH = {"site"}


def _options(command: click.Command, name: str) -> Iterator[tuple[str, click.Option]]:
    for option in command.params:
        if isinstance(option, click.Option):
            yield name, option
    if isinstance(command, click.Group):
        for word in command.list_commands(click.Context(command)):
            inner = named(command, word)
            yield from _options(inner, f"{name} {inner.name}")


def test_every_flag_that_a_message_names_is_one_of_some_command() -> None:
    flags = {
        spelling for _, option in _options(group, "heapscape") for spelling in (*option.opts, *option.secondary_opts)
    }
    named = {
        (flag, str(path.relative_to(REPOSITORY)))
        for path in (REPOSITORY / "pipeline").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        for flag in re.findall(r"(?<![\w-])--[a-z][a-z0-9-]+", node.value)
    }

    assert len(named) > 20
    assert {one for one in named if one[0] not in flags} == {
        ("--help", "pipeline/cli/__init__.py"),
        ("--help", "pipeline/cli/spelling.py"),
        # GNU tar's.
        ("--sparse", "pipeline/inputs/tar.py"),
    }


@pytest.mark.parametrize("size", ["1B", "0GiB", "19999999B"])
def test_too_little_memory_for_anything_is_a_usage_error_that_says_what_works(size: str) -> None:
    seen = heapscape("load", "--memory", size)

    assert seen.code == 2
    assert f"{size} is too little for anything; 24MB is the least that works" in seen.err


def test_inputs_named_with_a_question_leave_nothing_behind(tmp_path: Path) -> None:
    with options.opened([str(LAST)], "unused.duckdb", memory="1GiB", threads=None) as connection:
        assert connection.execute("SELECT COUNT(*) FROM profile").fetchall() == [(1,)]

    assert list(tmp_path.iterdir()) == []


def test_a_database_that_is_not_there_is_a_usage_error() -> None:
    with (
        pytest.raises(UsageError, match="heapscape load"),
        options.opened([], "no.duckdb", memory="1GiB", threads=None),
    ):
        pass
