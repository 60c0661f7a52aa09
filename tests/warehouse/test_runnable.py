"""Queries with their parameters filled in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.values import Question
from pipeline.warehouse.runnable import Expression, literal, runnable


def test_each_parameter_stands_in_its_place() -> None:
    question = Question(
        """
        SELECT $name AS name, '$name' AS text, "$name" -- of $name
        FROM t WHERE id IN (SELECT unnest($ids)) AND name = $name
        """,
        {"name": "a", "ids": [1, 2]},
    )

    assert runnable(question).splitlines() == [
        "SELECT 'a' AS name, '$name' AS text, \"$name\" -- of $name",
        "FROM t WHERE id IN (SELECT unnest([1, 2])) AND name = 'a'",
    ]


def test_an_expression_may_stand_in_the_place_of_a_value() -> None:
    question = Question("FROM f($ids)", {"ids": [1]})

    assert runnable(question, {"ids": Expression("(SELECT list(x) FROM y)")}) == "FROM f((SELECT list(x) FROM y))"


_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63) + 1, 2**63 - 1)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
    | st.datetimes(datetime(1000, 1, 1))
    | st.dates(date(1000, 1, 1)),
    lambda inner: st.fixed_dictionaries({"a": inner, "it's": inner}),
    max_leaves=3,
)


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


@given(_VALUES)
def test_a_literal_is_the_value_whatever_it_holds(connection: duckdb.DuckDBPyConnection, value: object) -> None:
    (found,) = connection.execute(f"SELECT {literal(value)}").fetchall()[0]

    assert found == value


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_a_terminal_obeys_nothing_of_a_literal(text: str) -> None:
    assert literal(text).isprintable()


def test_lists_of_texts_and_numbers_are_lists(connection: duckdb.DuckDBPyConnection) -> None:
    query = ", ".join(map(literal, (["it's", "\x1b[2J"], [1, -2], [])))
    assert connection.execute(f"SELECT {query}").fetchall() == [(["it's", "\x1b[2J"], [1, -2], [])]


def test_a_type_that_sql_has_no_literal_for_is_no_literal() -> None:
    with pytest.raises(TypeError, match="bytes: not a type that SQL has a literal for"):
        literal(b"x")
