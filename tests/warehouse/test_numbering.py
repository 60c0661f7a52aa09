"""Hashes inside lists become numbers."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import pytest

from pipeline.schema import TableColumn, tables
from pipeline.warehouse.numbering import is_nested, numbered

LOCATIONS = next(column for column in tables()["stack"].columns if column.name == "location_ids")
LINES = next(column for column in tables()["location"].columns if column.name == "lines")


def numbers(column: TableColumn, counted: str, keys: Sequence[tuple[int, int]], lists: str) -> list[object]:
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE key_{counted} (hash BIGINT, id INTEGER)")
        for key in keys:
            connection.execute(f"INSERT INTO key_{counted} VALUES (?, ?)", key)
        with numbered(connection, [column]):
            rows = connection.sql(f"SELECT numbered_{column.name}(given) FROM (VALUES {lists}) AS t (given)").fetchall()
        with pytest.raises(duckdb.CatalogException, match="does not exist"):
            connection.sql(f"SELECT numbered_{column.name}(NULL)")
    return [value for (value,) in rows]


def test_every_list_keeps_its_order_and_its_repetitions() -> None:
    keys = [(70, 1), (-5, 2), (0, 3)]

    assert numbers(LOCATIONS, "location", keys, "([70, -5, 70]), ([]::BIGINT[]), ([0])") == [[1, 2, 1], [], [3]]


def test_what_has_no_key_has_no_number() -> None:
    assert numbers(LOCATIONS, "location", [(70, 1)], "([70, 71, 69, NULL])") == [[1, None, None, None]]
    assert numbers(LOCATIONS, "location", [], "([70]), ([]::BIGINT[])") == [[None], []]


def test_a_field_of_a_struct_is_numbered_and_the_others_stay() -> None:
    lines = """([{'function_hash': 9, 'line': 7, 'column': 2}, {'function_hash': NULL, 'line': 8, 'column': 0}]),
      ([]::STRUCT(function_hash BIGINT, line BIGINT, "column" BIGINT)[])"""

    assert numbers(LINES, "function", [(9, 4)], lines) == [
        [{"function_id": 4, "line": 7, "column": 2}, {"function_id": None, "line": 8, "column": 0}],
        [],
    ]


def test_lists_of_many_rows_are_those_of_a_join() -> None:
    with duckdb.connect() as connection:
        connection.execute("""
        CREATE TABLE key_location AS SELECT 7919 * n % 10_007 - 5_000 AS hash, n::INTEGER AS id FROM range(5_000) AS t (n)
        """)
        connection.execute("""
        CREATE TABLE given AS
        SELECT i, [hash(i * 31 + place) % 10_007::UBIGINT for place in range(i % 40)]::BIGINT[] AS hashes FROM range(9_000) AS t (i)
        """)
        with numbered(connection, [LOCATIONS]):
            found = connection.sql("SELECT i, numbered_location_ids(hashes) FROM given ORDER BY i").fetchall()
        expected = connection.sql("""
        SELECT i, coalesce(list(id ORDER BY place) FILTER (place IS NOT NULL), [])
        FROM given
        LEFT JOIN (SELECT i, unnest(hashes) AS hash, generate_subscripts(hashes, 1) AS place FROM given) AS unfolded USING (i)
        LEFT JOIN key_location USING (hash)
        GROUP BY i
        ORDER BY i
        """).fetchall()

    assert found == expected


def test_lists_of_what_has_no_number_are_not_nested() -> None:
    nested = {(name, column.name) for name, table in tables().items() for column in table.columns if is_nested(column)}

    assert {("stack", "location_ids"), ("location", "lines")} <= nested
    assert not any(name == "label_set" for name, _ in nested)
