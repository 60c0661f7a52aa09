"""Verdicts of lines, by the names that profiles give to files."""

from __future__ import annotations

from pathlib import Path

from pipeline.warehouse.connect import open_readonly
from pipeline.warehouse.source_questions import verdicts

STORE = "example.com/checkout/store"


def test_lines_of_a_file_have_the_verdicts_of_its_build(demo: Path) -> None:
    with open_readonly(str(demo)) as connection:
        found = verdicts(
            connection, [(f"{STORE}/cache.go", STORE, 20, 21)], service="checkout", build="1.4.2"
        ).table.to_pylist()

    assert [(row["line"], row["is_on_heap"], row["verdict"]) for row in found] == [
        (20, False, "leaking param: s"),
        (20, False, "leaking param: key"),
        (20, False, "body does not escape"),
        (21, True, "entry moved to heap: passed to append(s.items, &entry)"),
    ]


def test_another_build_package_or_file_has_none(demo: Path) -> None:
    with open_readonly(str(demo)) as connection:
        for span, build in (
            ((f"{STORE}/cache.go", STORE, 1, 99), "2.0"),
            (("example.com/other/cache.go", "example.com/other", 1, 99), "1.4.2"),
            ((f"{STORE}/cache.go", "example.com/other", 1, 99), "1.4.2"),
            ((f"{STORE}/ache.go", STORE, 1, 99), "1.4.2"),
        ):
            assert verdicts(connection, [span], service="checkout", build=build).table.num_rows == 0, span
