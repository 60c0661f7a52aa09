"""Rows as aligned lines."""

from __future__ import annotations

from pipeline.outputs.aligned import aligned


def test_columns_begin_or_end_below_each_other() -> None:
    assert aligned([("name", "size"), ("a", "1"), ("longer", "12345")], right={1}) == [
        "name     size",
        "a           1",
        "longer  12345",
    ]


def test_no_line_ends_in_spaces() -> None:
    assert aligned([("name", "why"), ("a", "")]) == ["name  why", "a"]


def test_no_rows_are_no_lines() -> None:
    assert aligned([]) == []
