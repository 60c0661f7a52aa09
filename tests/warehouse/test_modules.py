"""Views and macros are found, put in order and made."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

import duckdb
import pytest

from pipeline.errors import SchemaError
from pipeline.schema import tables
from pipeline.sqldoc import Declaration, declarations
from pipeline.warehouse import modules as room
from pipeline.warehouse.load import create_tables
from pipeline.warehouse.modules import (
    create_modules,
    dependencies,
    fingerprint,
    in_order,
    modules,
    quoted,
    standing_on,
    stored_by,
)


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    """Tests put other views in the place of those of `sql/`."""
    for known in (dependencies, in_order):
        known.cache_clear()
    yield
    for known in (dependencies, in_order):
        known.cache_clear()


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(":memory:") as opened:
        yield opened


def _declared(*texts: str) -> Mapping[str, Declaration]:
    return {found.name: found for text in texts for found in declarations(text, where="test")}


VIEW = """-- One row per number.
--
-- key: n
{directive}CREATE VIEW {name} (
  -- A number.
  n
) AS
{query}
"""


def _view(name: str, query: str, *, directive: str = "") -> str:
    return VIEW.format(name=name, query=query, directive=directive)


def test_dependencies_are_what_duckdb_reads_in_every_query(connection: duckdb.DuckDBPyConnection) -> None:
    for name, declared in modules().items():
        query = declared.text.partition(") AS TABLE\n" if declared.kind == "MACRO" else ") AS\n")[2]
        query = f"SELECT {query}" if declared.kind == "FUNCTION" else query.rstrip("; \n")
        (answer,) = connection.execute("SELECT json_serialize_sql(?::VARCHAR)", [query]).fetchall()
        tree = json.loads(answer[0])
        assert not tree["error"], (name, tree)
        assert dependencies(name) == tuple(sorted({read for read in _read(tree) if read in modules()} - {name}))


def _read(node: object) -> Iterator[str]:
    """Every table and function that DuckDB's own parse of a query names."""
    if isinstance(node, dict):
        if node.get("type") == "BASE_TABLE":
            yield f"{node.get('schema_name')}.{node.get('table_name')}"
        if "function_name" in node:
            yield f"{node.get('schema')}.{node['function_name']}"
        node = list(node.values())
    if isinstance(node, list):
        for part in node:
            yield from _read(part)


def test_a_view_named_in_a_remark_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    declared = _declared(_view("a.one", "-- Like a.two.\nSELECT 1"), _view("a.two", "SELECT n FROM a.one"))
    monkeypatch.setattr(room, "modules", lambda: declared)

    assert [dependencies(name) for name in declared] == [(), ("a.one",)]


def test_everything_comes_after_what_it_stands_on() -> None:
    order = in_order()

    assert set(order) == set(modules())
    for name in order:
        assert all(order.index(below) < order.index(name) for below in dependencies(name))


def test_views_that_stand_on_each_other_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    circle = _declared(_view("a.one", "SELECT n FROM a.two"), _view("a.two", "SELECT n FROM a.one"))
    monkeypatch.setattr(room, "modules", lambda: circle)

    with pytest.raises(SchemaError, match=r"views stand on each other in a circle: a\.(one|two) -> a\.(one|two)"):
        in_order()


def test_a_query_that_does_not_parse_is_named_with_its_file(
    connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "modules", lambda: _declared(_view("a.one", "SELEC n")))

    with pytest.raises(SchemaError, match=r"sql/a/one\.sql: "):
        create_modules(connection)


def test_a_query_over_a_table_that_is_not_there_is_named_with_its_file(
    connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "modules", lambda: _declared(_view("a.one", "SELECT n FROM absent")))

    with pytest.raises(SchemaError, match=r"sql/a/one\.sql: .*absent"):
        create_modules(connection)


def test_a_stored_view_is_a_table_and_says_by_what_its_rows_can_be_worked_out_apart(
    connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection.execute("CREATE TABLE numbers AS SELECT 1 AS n")
    declared = _declared(
        _view("a.base", "SELECT n FROM numbers", directive="-- stored: by n\n"), _view("a.live", "SELECT n FROM a.base")
    )
    monkeypatch.setattr(room, "modules", lambda: declared)

    create_modules(connection)

    assert [stored_by(view) for view in declared.values()] == [("n",), ()]
    assert connection.sql("FROM a.live").fetchall() == []


def test_what_some_views_stand_on_comes_before_them_and_nothing_else_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    declared = _declared(
        _view("a.over", "SELECT n FROM a.base"), _view("a.base", "SELECT 1 AS n"), _view("a.other", "SELECT 2 AS n")
    )
    monkeypatch.setattr(room, "modules", lambda: declared)

    found = standing_on(["a.over"])

    assert found == ("a.base", "a.over")


def test_a_stored_view_has_its_columns_types_and_comments(connection: duckdb.DuckDBPyConnection) -> None:
    create_tables(connection)
    create_modules(connection)

    described = connection.sql(
        """
        SELECT column_name, data_type, comment FROM duckdb_columns()
        WHERE schema_name = 'heap' AND table_name = 'profiles' AND column_name IN ('series_id', 'elapsed_s')
        ORDER BY column_name
        """
    ).fetchall()

    assert described == [
        ("elapsed_s", "DOUBLE", "Seconds since the series began."),
        ("series_id", "INTEGER", "The series it belongs to."),
    ]


def test_the_fingerprint_changes_with_a_view_and_with_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    before = fingerprint()
    assert fingerprint() == before
    assert len(tables()) > 20

    monkeypatch.setattr(room, "modules", lambda: {**modules(), **_declared(_view("a.one", "SELECT 1"))})

    assert fingerprint() != before


def test_a_literal_keeps_its_quotes() -> None:
    assert quoted("it's") == "'it''s'"
