"""Every `.case` file beside its twin path in `sql/`; `pytest --update` rewrites what is wanted."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from pipeline.warehouse.modules import modules
from tests.sql.case import Block, Case, aligned, read_cases, replace_rows
from tests.sql.world import ask, fill, spelled, wanted

HERE = Path(__file__).parent
CASES = [case for path in sorted(HERE.glob("*/*.case")) for case in read_cases(path)]


def title(case: Case) -> str:
    return f"{case.path.parent.name}.{case.path.stem}: {case.name}"


@pytest.mark.parametrize("case", CASES, ids=map(title, CASES))
def test_case(case: Case, world: duckdb.DuckDBPyConnection, request: pytest.FixtureRequest) -> None:
    fill(world, case.given, views=asked(case))

    if request.config.getoption("--update"):
        _update(case, world)
        case = _read_again(case)
    for want in case.want:
        answer = ask(world, want)
        found, expected = spelled(answer), wanted(want, answer)
        if not _has_order(want):
            found, expected = sorted(found), sorted(expected)
        assert _lines(want, found) == _lines(want, expected), want.target


def asked(case: Case) -> set[str] | None:
    """The views and macros that a case asks; None for all, where it asks a table or several."""
    names = {asked_of(want) for want in case.want}
    is_joined = any(" JOIN " in want.target for want in case.want)
    return names if names <= modules().keys() and not is_joined else None


def asked_of(want: Block) -> str:
    """The table, view or macro that stands first in what is wanted."""
    return re.split(r"[ (]", want.target, maxsplit=1)[0]


def _has_order(want: Block) -> bool:
    """Whether it is asked of a macro, whose rows come in an order that means something."""
    module = modules().get(asked_of(want))
    return module is not None and module.kind == "MACRO"


def _read_again(case: Case) -> Case:
    return next(found for found in read_cases(case.path) if found.name == case.name)


def _update(case: Case, world: duckdb.DuckDBPyConnection) -> None:
    for place in range(len(case.want)):
        # Read again: an update above may have moved the lines.
        block = _read_again(case).want[place]
        answer = ask(world, block)
        rows = spelled(answer)
        if _lines(block, sorted(rows)) != _lines(block, sorted(wanted(block, answer))) or _has_order(block):
            replace_rows(block, rows if _has_order(block) else _in_place(block, answer), path=case.path)


def _in_place(block: Block, answer: pa.Table) -> list[tuple[str, ...]]:
    """Rows that stay keep the order they were written in; others follow, sorted."""
    rows = spelled(answer)
    kept = [row for row in wanted(block, answer) if row in rows]
    return kept + sorted(row for row in rows if row not in kept)


def _lines(want: Block, rows: list[tuple[str, ...]]) -> list[str]:
    return aligned([list(want.columns), *map(list, rows)])
