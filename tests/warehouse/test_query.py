"""Any question, and its answer as a Result."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from pipeline.errors import QueryError
from pipeline.warehouse.query import ask
from tests.sql.world import open_world


@pytest.fixture(scope="module")
def world() -> Iterator[duckdb.DuckDBPyConnection]:
    with open_world() as connection:
        yield connection


def test_an_answer_has_its_name_its_rows_and_what_its_columns_mean(world: duckdb.DuckDBPyConnection) -> None:
    result = ask(world, "SELECT 7 AS growth_share, 'x' AS unheard_of", name="two")

    assert result.name == "two"
    assert result.table.to_pylist() == [{"growth_share": 7, "unheard_of": "x"}]
    assert [(column.name, column.doc) for column in result.columns] == [
        ("growth_share", "Share of the growth of the series; NULL when that is zero."),
        ("unheard_of", ""),
    ]


def test_a_name_that_means_different_things_in_different_views_is_left_unexplained(
    world: duckdb.DuckDBPyConnection,
) -> None:
    result = ask(world, "SELECT 1 AS line")

    assert result.columns[0].doc == ""


def test_parameters_are_values_and_never_text(world: duckdb.DuckDBPyConnection) -> None:
    result = ask(world, "SELECT $word AS word, len($ids) AS ids", {"word": "'; DROP TABLE source", "ids": [1, 2]})

    assert result.table.to_pylist() == [{"word": "'; DROP TABLE source", "ids": 2}]


def test_a_sum_is_a_whole_number_and_an_answer_without_rows_keeps_its_columns(world: duckdb.DuckDBPyConnection) -> None:
    result = ask(world, "SELECT profile_id, growth_bytes FROM heap.growth")

    assert result.table.num_rows == 0
    assert [str(kind) for kind in result.table.schema.types] == ["uint64", "int64"]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("SELECT growht FROM heap.growth", 'DuckDB: Binder Error: .*"growht"'),
        ("SELEC 1", "DuckDB: Parser Error"),
        ("FROM heap.absent", "DuckDB: Catalog Error"),
        ("SELECT 1 / 'x'", "DuckDB: .*Error"),
        ("", "the query is empty; write a statement such as: FROM source"),
        ("-- nothing", "the query is empty"),
    ],
)
def test_a_query_duckdb_refuses_is_a_query_error_in_its_words(
    world: duckdb.DuckDBPyConnection, query: str, message: str
) -> None:
    with pytest.raises(QueryError, match=message):
        ask(world, query)
