"""What executables say of locations without lines: as a profile with symbols would have it, and no more than they know."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import duckdb
import pytest
import xxhash

from pipeline.warehouse.load import create_tables
from pipeline.warehouse.modules import create_modules
from pipeline.warehouse.symbols import VIEWS, symbolise
from tests.builders.executable import tabled

MAIN, GROW = 4096, 4160


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """An executable of two functions, and locations in it."""
    with duckdb.connect(":memory:") as opened:
        create_tables(opened, described=False)
        create_modules(opened, {*VIEWS, "stack._line"})
        opened.execute(
            """
            INSERT INTO source (source_id, source_hash, uri) VALUES (1, 'f00d', 'app');
            INSERT INTO binary_file (source_id, build_id) VALUES (1, 'ab12');
            INSERT INTO mapping (mapping_id, file, build_id, file_offset_bytes) VALUES (1, '/bin/app', 'ab12', 0);
            INSERT INTO binary_function VALUES
              (1, 4096, 64, 'main.main', 'main', 'main.go', 5), (1, 4160, 64, 'app/s.grow', 'app/s', 's.go', 7);
            INSERT INTO binary_source_file VALUES (1, 0, 'main.go'), (1, 1, 's.go'), (1, 2, 'deep.go');
            """
        )
        _inlined(opened, GROW, [("app/s.middle", 29, 2), ("app/d.deep", 40, 20)])
        yield opened


def _tables(
    connection: duckdb.DuckDBPyConnection, address: int, *, files: Any, lines: Any, inlined: Any, first: int = 0
) -> None:
    tables = [one if isinstance(one, bytes) else tabled(one) for one in (files, lines, inlined)]
    connection.execute("INSERT INTO binary_line VALUES (1, ?, 1, ?, ?, ?, ?)", [address, first, *tables])


def _inlined(connection: duckdb.DuckDBPyConnection, address: int, calls: Sequence[tuple[str, int, int]]) -> None:
    for position, (name, line, call) in enumerate(calls):
        package = name.rpartition(".")[0]
        row = [address, position, name, package, line, call]
        connection.execute("INSERT INTO binary_inlined VALUES (1, ?, ?, ?, ?, ?, ?)", row)


def _lines(connection: duckdb.DuckDBPyConnection, *addresses: int) -> list[tuple[object, ...]]:
    """The lines at these addresses, after symbols were made."""
    connection.execute("DELETE FROM location")
    for address in addresses:
        row = [address % (1 << 31), address]
        connection.execute("INSERT INTO location (location_id, mapping_id, address, lines) VALUES (?, 1, ?, [])", row)
    symbolise(connection)
    query = "SELECT location_id, depth, function, package, file, line FROM stack._line ORDER BY location_id, depth"
    return connection.sql(query).fetchall()


def _grow(connection: duckdb.DuckDBPyConnection) -> None:
    _tables(
        connection,
        GROW,
        files=[(32, 1), (32, 2)],
        lines=[(16, 8), (16, 30), (32, 41)],
        inlined=[(16, -1), (16, 0), (32, 1)],
    )


def test_an_address_has_file_line_and_what_was_inlined_there(connection: duckdb.DuckDBPyConnection) -> None:
    _grow(connection)

    assert _lines(connection, GROW, GROW + 16, GROW + 63) == [
        (GROW, 0, "app/s.grow", "app/s", "s.go", 8),
        (GROW + 16, 0, "app/s.middle", "app/s", "s.go", 30),
        (GROW + 16, 1, "app/s.grow", "app/s", "s.go", 8),
        (GROW + 63, 0, "app/d.deep", "app/d", "deep.go", 41),
        (GROW + 63, 1, "app/s.middle", "app/s", "s.go", 30),
        (GROW + 63, 2, "app/s.grow", "app/s", "s.go", 8),
    ]


def test_without_tables_the_function_and_its_file_are_known(connection: duckdb.DuckDBPyConnection) -> None:
    _grow(connection)

    assert _lines(connection, MAIN + 3, GROW) == [
        (MAIN + 3, 0, "main.main", "main", "main.go", None),
        (GROW, 0, "app/s.grow", "app/s", "s.go", 8),
    ]


def test_files_of_a_package_are_counted_from_its_first(connection: duckdb.DuckDBPyConnection) -> None:
    _tables(connection, MAIN, files=[(64, 1)], lines=[(64, 6)], inlined=b"", first=1)

    assert _lines(connection, MAIN) == [(MAIN, 0, "main.main", "main", "deep.go", 6)]


def test_a_function_has_the_hash_that_a_profile_gives_it(connection: duckdb.DuckDBPyConnection) -> None:
    _grow(connection)
    connection.execute("INSERT INTO function (function_id, function_hash, name) VALUES (6, '00', 'known')")
    _lines(connection, GROW)
    name, file = (xxhash.xxh64_intdigest(text.encode()) for text in ("app/s.grow", "s.go"))
    words = b"".join(number.to_bytes(8, "little") for number in (name, name, file, 7))

    assert connection.sql("FROM function WHERE function_id <> 6").fetchall() == [
        (7, xxhash.xxh64_hexdigest(words), "app/s.grow", "app/s.grow", "app/s", "s.go", 7)
    ]
    assert not symbolise(connection)
    assert connection.sql("SELECT count(*) FROM function").fetchall() == [(2,)]


def test_an_executable_that_is_gone_takes_its_names_with_it_and_the_stacks_are_told(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    _grow(connection)
    connection.execute("INSERT INTO stack (stack_id, location_ids) VALUES (1, [4160]), (2, [4096]), (3, [])")
    connection.execute("INSERT INTO stack_path (stack_id) VALUES (1), (3)")
    assert _lines(connection, GROW)[0][2] == "app/s.grow"

    connection.execute("DELETE FROM binary_file")
    connection.execute("DELETE FROM binary_function")

    assert symbolise(connection)
    assert connection.sql("FROM renamed_stack").fetchall() == [(1,)]
    assert connection.sql("SELECT function FROM stack._line").fetchall() == [("[app]",)]
    assert not symbolise(connection)


@pytest.mark.parametrize(
    "calls",
    [
        [],
        [("app/s.middle", 29, 20)],
        [("app/s.middle", 29, 20), ("app/d.deep", 40, 20)],
        [("app/s.middle", 29, -(1 << 62)), ("app/d.deep", 40, 1 << 62)],
    ],
)
def test_inlined_calls_that_lead_nowhere_or_in_a_circle_end(
    connection: duckdb.DuckDBPyConnection, calls: Sequence[tuple[str, int, int]]
) -> None:
    connection.execute("DELETE FROM binary_inlined")
    _inlined(connection, GROW, calls)
    _grow(connection)
    found = _lines(connection, GROW + 40)

    # The outermost function is known in any case, and its line is not made up.
    assert found[-1][2:] == ("app/s.grow", "app/s", "s.go", None)
    assert len(found) <= 3


def test_without_locations_that_need_them_there_are_no_symbols(connection: duckdb.DuckDBPyConnection) -> None:
    assert _lines(connection) == []
    assert _lines(connection, (1 << 40) + 1) == [(1, 0, "[app]", None, None, None)]
