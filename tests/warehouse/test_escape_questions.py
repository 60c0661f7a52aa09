"""The questions about two builds' reports; what `escape.diff` answers is in its cases."""

from __future__ import annotations

import duckdb

from pipeline.warehouse import escape_questions
from tests.sql.case import Block
from tests.sql.world import fill

REPORTS = Block(
    "given",
    "escape_report",
    ("source_id", "spelling", "build"),
    (("1", "m", "1"), ("2", "m", "2"), ("3", "m", "NULL")),
    0,
)
SITES = Block(
    "given",
    "escape_site",
    ("escape_site_id", "source_id", "package", "file", "line", "column", "kind", "expression", "message"),
    (
        ("1", "1", "app", "a.go", "1", "1", "moved_to_heap", "x", "moved to heap: x"),
        ("2", "2", "other", "b.go", "2", "1", "moved_to_heap", "y", "moved to heap: y"),
    ),
    0,
)


def test_builds_are_those_that_reports_name(world: duckdb.DuckDBPyConnection) -> None:
    fill(world, [REPORTS])

    found = escape_questions.builds(world)

    assert found.table["build"].to_pylist() == ["1", "2"]


def test_differences_are_of_a_package(world: duckdb.DuckDBPyConnection) -> None:
    fill(world, [REPORTS, SITES])

    found = escape_questions.differences(world, "1", "2", service=None, package="other", place="")

    assert found.table["expression"].to_pylist() == ["y"]


def test_verdicts_are_of_a_service_and_a_build(world: duckdb.DuckDBPyConnection) -> None:
    fill(world, [REPORTS, SITES])

    found = escape_questions.verdicts(world, service=None, build="2", limit=10)
    services = escape_questions.services(world)

    assert found.table["expression"].to_pylist() == ["y"]
    assert services.table.num_rows == 0
