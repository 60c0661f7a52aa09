"""What can be checked cheaply of how SQL is written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipeline.schema import tables
from pipeline.warehouse.connect import ALIAS
from pipeline.warehouse.modules import modules
from tests.rules.tree import files, name

SQL = files("sql/**/*.sql", "schemas/*.sql")
VIEWS = files("sql/**/*.sql")
_SUM = re.compile(r"\bSUM\(")
_CLAMPED = re.compile(r"int64\.clamp\((coalesce\()?$")
# Sums that are only compared, sums of ratios, and running sums of which a difference is taken and clamped.
_IS_NO_ANSWER = re.compile(r"\bHAVING\b|variance|probability|_per_s\b|up_to_here")
_TEXT = re.compile(r"'[^']{60,}'")
_COMMENT = re.compile(r"--[^\n]*")
_KEYWORDS = re.compile(
    r"\b(select|from|where|join|left|group|order|by|having|with|union|case|when|then|else|end|over|partition|qualify)\b"
)


def _code(path: Path) -> str:
    """A file's SQL without comments, texts and quoted names, each as many characters as before."""
    text = _COMMENT.sub(lambda found: " " * len(found[0]), path.read_text())
    return re.sub(r"""e?'(?:[^']|'')*'|"[^"]*\"""", lambda found: "'" + "_" * (len(found[0]) - 2) + "'", text)


def _body(path: Path) -> str:
    return re.split(r"^\) AS(?: TABLE)?$", _code(path), maxsplit=1, flags=re.MULTILINE)[1]


def test_there_is_sql_to_look_at() -> None:
    assert len(SQL) > 35
    assert len(VIEWS) > 30


def test_schemas_of_views_keep_off_the_names_that_are_taken() -> None:
    # In main are the tables, and what is a table to who asks: a file main.duckdb is refused.
    taken = {ALIAS, "memory", "temp", "system", "information_schema", "pg_catalog"}

    assert {view.partition(".")[0] for view in modules()} & taken == set()


def test_no_view_is_named_like_a_table_of_another_meaning() -> None:
    # `stack.frames` is found although there is a table `stack`; a view `heap.stack` would be taken for it.
    assert {view.partition(".")[2] for view in modules()} & set(tables()) == set()


@pytest.mark.parametrize("path", SQL, ids=name)
def test_lines_are_at_most_120_wide_without_tabs_and_trailing_space(path: Path) -> None:
    lines = path.read_text().splitlines()
    # A directive or a long text is not broken.
    wide = [line for line in lines if len(line) > 120 and not line.lstrip().startswith("--") and not _TEXT.search(line)]

    assert wide == []
    assert [line for line in lines if "\t" in line or line != line.rstrip()] == []


@pytest.mark.parametrize("path", VIEWS, ids=name)
def test_the_last_step_names_its_columns(path: Path) -> None:
    last = re.split(r"^\)\n(?=SELECT)", _body(path), flags=re.MULTILINE)[-1]

    assert not re.search(r"^SELECT (DISTINCT )?\*|^SELECT[^;]*?\w\.\*", last.partition("\nFROM")[0])


@pytest.mark.parametrize("path", VIEWS, ids=name)
def test_every_sum_of_integers_is_clamped(path: Path) -> None:
    body = _body(path)
    bare = [_line(body, found.start()) for found in _SUM.finditer(body) if not _CLAMPED.search(body[: found.start()])]

    assert [line for line in bare if not _IS_NO_ANSWER.search(line)] == []


@pytest.mark.parametrize("path", VIEWS, ids=name)
def test_keywords_are_upper_case(path: Path) -> None:
    assert _KEYWORDS.findall(_body(path)) == []


@pytest.mark.parametrize("path", VIEWS, ids=name)
def test_a_view_does_not_sort(path: Path) -> None:
    if "CREATE MACRO" in path.read_text():
        return
    outside = re.sub(r"\([^()]*\)", "", re.sub(r"\([^()]*\([^()]*\)[^()]*\)", "", _body(path)))

    assert not re.search(r"^ORDER BY", outside, re.MULTILINE)


def _line(text: str, place: int) -> str:
    return text[text.rfind("\n", 0, place) + 1 : text.find("\n", place)]
