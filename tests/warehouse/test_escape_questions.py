"""The questions about two builds' reports; what `escape.diff` answers is in its cases."""

from __future__ import annotations

from pipeline.warehouse import escape_questions
from tests.sql.case import Block
from tests.sql.world import fill, open_world

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


def test_builds_are_those_that_reports_name() -> None:
    with open_world() as connection:
        fill(connection, [REPORTS])

        found = escape_questions.builds(connection)

    assert found.table["build"].to_pylist() == ["1", "2"]


def test_differences_are_of_a_package() -> None:
    with open_world() as connection:
        fill(connection, [REPORTS, SITES])

        found = escape_questions.differences(connection, "1", "2", service=None, package="other", place="")

    assert found.table["expression"].to_pylist() == ["y"]


def test_verdicts_are_of_a_service_and_a_build() -> None:
    with open_world() as connection:
        fill(connection, [REPORTS, SITES])

        found = escape_questions.verdicts(connection, service=None, build="2", limit=10)
        services = escape_questions.services(connection)

    assert found.table["expression"].to_pylist() == ["y"]
    assert services.table.num_rows == 0
