"""The page of thirty questions to a trace says how long its queries are, and none is much longer than what it is compared with."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb

from tests.docs.pages import DOCS, blocks

PAGE = DOCS / "how-to" / "trace-questions.md"
_QUESTION = re.compile(r"^(\d+)\. .*\? \((\d+), (\d+)\)$", re.MULTILINE)


def test_thirty_questions_are_no_longer_than_1_3_times_those_there() -> None:
    queries = [_length(block.text) for block in blocks(PAGE) if block.language == "sql"]
    told = [tuple(map(int, found)) for found in _QUESTION.findall(PAGE.read_text())]

    assert told == list(zip(range(1, 31), _asked_there(), queries, strict=True))
    assert [number for number, there, here in told if here > 1.3 * there] == []


def _asked_there() -> list[int]:
    """The lengths of the queries for sqlprof's tables, each of which DuckDB has answered."""
    lengths = []
    with duckdb.connect() as connection:
        for statement in connection.extract_statements(Path(__file__).with_name("sqlprof.sql").read_text()):
            connection.execute(statement)
            if statement.type == duckdb.StatementType.SELECT:
                lengths.append(_length(statement.query.strip().removesuffix(";")))
    return lengths


def _length(query: str) -> int:
    return len(" ".join(query.split()))
