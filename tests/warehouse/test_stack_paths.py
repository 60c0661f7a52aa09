"""The paths of stacks, as flame graphs and cumulative weights read them."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from pipeline.warehouse.load import create_tables
from pipeline.warehouse.modules import create_modules
from pipeline.warehouse.stack_paths import spell_stacks


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(":memory:") as opened:
        create_tables(opened, described=False)
        create_modules(opened, {"stack._line"})
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


def _paths(connection: duckdb.DuckDBPyConnection) -> list[tuple[object, ...]]:
    return connection.sql(
        """
        SELECT
          stack_id,
          coalesce(list(label ORDER BY level) FILTER (level > 0), []),
          any_value(lines),
          len(any_value(coalesce(distinct_label_ids, label_ids)))
        FROM (
          SELECT *, unnest(list_concat([NULL], label_ids)) AS label_id, unnest(range(len(label_ids) + 1)) AS level
          FROM stack_path
        )
        LEFT JOIN stack_label USING (label_id)
        GROUP BY stack_id
        ORDER BY stack_id
        """
    ).fetchall()


def test_a_path_begins_at_the_root_with_inlining_unfolded(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("INSERT INTO stack (stack_id, location_ids) VALUES (7, [30, 20, 10]), (8, [40, 10])")

    spell_stacks(connection)

    assert _paths(connection) == [
        (7, ["main", "grow", "main", "grow"], [5, 7, 6, 7], 2),
        (8, ["main", "[app]"], [5, 0], 2),
    ]


def test_without_a_mapping_a_frame_is_unknown(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("INSERT INTO stack (stack_id, location_ids) VALUES (7, [50])")

    spell_stacks(connection)

    assert _paths(connection) == [(7, ["<unknown>"], [0], 1)]


def test_a_stack_without_locations_has_an_empty_path(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("INSERT INTO stack (stack_id, location_ids) VALUES (7, [])")

    spell_stacks(connection)

    assert connection.sql("FROM stack_path").fetchall() == [(7, [], [], None)]


def test_what_is_spelled_stays_and_names_keep_their_numbers(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("INSERT INTO stack (stack_id, location_ids) VALUES (7, [20, 10])")
    spell_stacks(connection)
    before = connection.sql("FROM stack_path").fetchall(), connection.sql("FROM stack_label ORDER BY ALL").fetchall()
    connection.execute("INSERT INTO stack (stack_id, location_ids) VALUES (8, [40, 20])")

    spell_stacks(connection)

    assert connection.sql("FROM stack_path WHERE stack_id = 7").fetchall() == before[0]
    assert connection.sql("FROM stack_label ORDER BY ALL LIMIT 2").fetchall() == before[1]
    assert _paths(connection)[1] == (8, ["grow", "[app]"], [7, 0], 2)


def test_only_renamed_stacks_are_spelled_anew(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("INSERT INTO stack (stack_id, location_ids) VALUES (7, [20, 10]), (8, [40, 10])")
    spell_stacks(connection)
    connection.execute("UPDATE mapping SET file = '/bin/other'")
    # No path is made of this any more, so that one made anew would be seen.
    connection.execute("UPDATE function SET name = 'renamed' WHERE function_id = 2")
    connection.execute("CREATE TEMP TABLE renamed_stack AS SELECT 8 AS stack_id")

    spell_stacks(connection, is_renamed=True)

    assert [path[1] for path in _paths(connection)] == [["main", "grow"], ["main", "[other]"]]
