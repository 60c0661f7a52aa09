"""Any question, and its answer as a Result."""

from __future__ import annotations

import resource
from collections.abc import Iterator

import duckdb
import pytest

from pipeline.errors import QueryError
from pipeline.warehouse.query import answer, ask
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
    assert [str(kind) for kind in result.table.schema.types] == ["int32", "int64"]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("SELECT growht FROM heap.growth", 'DuckDB: Binder Error: .*"growht"'),
        ("SELEC 1", "DuckDB: Parser Error"),
        ("FROM heap.absent", "DuckDB: Catalog Error"),
        ("SELECT 1 / 'x'", "DuckDB: .*Error"),
    ],
)
def test_a_query_duckdb_refuses_is_a_query_error_in_its_words(
    world: duckdb.DuckDBPyConnection, query: str, message: str
) -> None:
    with pytest.raises(QueryError, match=message):
        ask(world, query)


def test_an_answer_comes_in_batches_as_it_is_read(world: duckdb.DuckDBPyConnection) -> None:
    found = answer(world, "SELECT range AS growth_share FROM range(100000)")

    first = next(found.batches)

    assert (found.schema.names, found.columns[0].doc[:8]) == (["growth_share"], "Share of")
    assert 0 < first.num_rows <= 8192
    assert first.num_rows + sum(batch.num_rows for batch in found.batches) == 100_000


def test_an_answer_of_any_length_takes_little_memory(world: duckdb.DuckDBPyConnection) -> None:
    found = answer(world, "SELECT range AS a, hash(range) AS b, 'name ' || range AS c FROM range(3000000)")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    rows = sum(batch.num_rows for batch in found.batches)

    assert rows == 3_000_000
    # In kilobytes; all of it would be 100 MB and more.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000


def test_a_failure_in_the_middle_of_an_answer_is_a_query_error_too(world: duckdb.DuckDBPyConnection) -> None:
    found = answer(world, "SELECT CASE WHEN range < 50000 THEN 1 ELSE ('x' || range)::INTEGER END FROM range(60000)")

    with pytest.raises(QueryError, match=r"^DuckDB: Conversion Error: Could not convert string 'x50000'"):
        list(found.batches)


def test_the_connection_is_free_when_an_answer_is_left(world: duckdb.DuckDBPyConnection) -> None:
    left = answer(world, "FROM range(1000000)").batches
    next(left)
    del left

    assert ask(world, "SELECT 1 AS one").table.to_pylist() == [{"one": 1}]
