"""The tree of all stacks, as flame graphs and cumulative weights read it."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from pipeline.warehouse.load import create_tables
from pipeline.warehouse.stack_tree import number_stacks


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(":memory:") as opened:
        create_tables(opened)
        opened.execute(
            """
            INSERT INTO function (function_id, name, file) VALUES (1, 'main', ''), (2, 'grow', 'a.go'), (3, 'grow', 'b.go');
            INSERT INTO mapping (mapping_id, file) VALUES (1, '/bin/app');
            INSERT INTO location (location_id, mapping_id, lines) VALUES
              (10, 1, [{function_id: 1, line: 5, "column": 0}]),
              (20, 1, [{function_id: 2, line: 7, "column": 0}]),
              (30, 1, [{function_id: 3, line: 7, "column": 0}, {function_id: 1, line: 6, "column": 0}]),
              (40, 1, []),
              (50, NULL, []);
            """
        )
        yield opened


def _nodes(connection: duckdb.DuckDBPyConnection, columns: str) -> list[tuple[object, ...]]:
    return connection.sql(f"SELECT {columns} FROM stack_node ORDER BY node_index").fetchall()


def test_without_stacks_there_is_the_root(connection: duckdb.DuckDBPyConnection) -> None:
    number_stacks(connection)

    assert _nodes(connection, "node_index, last_index, parent_index, depth, label, stack_id") == [
        (0, 0, -1, 0, "root", None)
    ]


def test_nodes_are_numbered_in_pre_order_and_a_subtree_is_a_range(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("INSERT INTO stack VALUES (7, [20, 10]), (8, [40, 10]), (9, [10, 20, 10])")

    number_stacks(connection)

    assert _nodes(connection, "node_index, last_index, parent_index, depth, label") == [
        (0, 4, -1, 0, "root"),
        (1, 4, 0, 1, "main"),
        (2, 2, 1, 2, "[app]"),
        (3, 4, 1, 2, "grow"),
        (4, 4, 3, 3, "main"),
    ]
    assert connection.sql("FROM stack_leaf ORDER BY ALL").fetchall() == [(7, 3), (8, 2), (9, 4)]


def test_functions_of_one_name_are_one_node_with_the_lowest_id(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("INSERT INTO stack VALUES (7, [20, 10]), (8, [30])")

    number_stacks(connection)

    assert _nodes(connection, "label, function_id, line, stack_id") == [
        ("root", None, None, None),
        ("main", 1, None, None),
        ("grow", 2, 7, None),
    ]


def test_without_a_mapping_a_frame_is_unknown(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("INSERT INTO stack VALUES (7, [50])")

    number_stacks(connection)

    assert _nodes(connection, "label, function_id, line, stack_id")[1:] == [("<unknown>", None, None, 7)]


def test_a_recursive_function_stands_once_above_a_leaf(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("INSERT INTO stack VALUES (7, [20, 20, 10])")

    number_stacks(connection)

    assert connection.sql(
        "SELECT node_index, label, is_leaf FROM stack_function JOIN stack_label USING (label_index) ORDER BY ALL"
    ).fetchall() == [(3, "grow", True), (3, "main", False)]


def test_numbering_again_numbers_anew(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("INSERT INTO stack VALUES (7, [20, 10])")
    number_stacks(connection)
    connection.execute("INSERT INTO stack VALUES (8, [40, 10])")

    number_stacks(connection)

    assert connection.sql("FROM stack_leaf ORDER BY ALL").fetchall() == [(7, 3), (8, 2)]
    assert len(_nodes(connection, "label")) == 4


def test_a_stack_without_locations_ends_at_the_root(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("INSERT INTO stack VALUES (7, [])")

    number_stacks(connection)

    assert _nodes(connection, "label, stack_id") == [("root", 7)]
