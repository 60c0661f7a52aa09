"""Levels of escape as people read them."""

from __future__ import annotations

from typing import Any

from pipeline.outputs.level_text import text

ROW: dict[str, Any] = {
    "service": "checkout",
    "build": "1.4",
    "series_id": 7,
    "base_name": "main.go",
    "line": 40,
    "column": 13,
    "expression": "make([]byte, 81920)",
    "certainty": "certain",
    "condition": None,
    "reason": "make([]byte, 81920) escapes to heap: too large for the stack",
    "alloc_bytes_per_s": 128_212_274.08,
    "live_bytes": 566_314,
    "gc_share": 0.0414,
    "saved_gc_share": 0.9145,
}
FREE = dict.fromkeys(("alloc_bytes_per_s", "live_bytes", "gc_share", "saved_gc_share", "series_id", "reason"))


def told(*rows: dict[str, Any]) -> list[list[str]]:
    return [[cell for cell in line.replace("\u00a0", " ").split("  ") if cell] for line in text(rows)]


def test_costs_have_units_and_the_reason_does_not_repeat_the_expression() -> None:
    head, row = told(ROW)

    assert [cell.strip() for cell in head] == [
        *("allocated a second", "live", "GC work", "saved", "place", "expression", "why"),
    ]
    assert [cell.strip() for cell in row] == [
        *("122.3 MiB/s", "553.0 KiB", "4.1 %", "91.5 %", "certain", "main.go:40:13"),
        *("make([]byte, 81920)", "too large for the stack"),
    ]


def test_what_decides_is_told_and_what_is_not_known_is_left_out() -> None:
    _, row = told(ROW | FREE | {"certainty": "conditional", "condition": "argument", "expression": "w"})

    assert [cell.strip() for cell in row] == [
        *("conditional", "main.go:40:13", "w", "what a caller passes goes to the heap"),
    ]


def test_whose_it_is_stands_there_where_there_are_several() -> None:
    _, first, second = text([ROW, ROW | {"series_id": None, "build": "1.5"}])

    assert first.endswith("checkout · build 1.4 · series 7")
    assert second.endswith("checkout · build 1.5")
