"""heapscape peek."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.seat import LAST, heapscape

PUT = "example.com/checkout/store.(*Store).Put"


def test_callers_stand_above_a_function(demo: Path) -> None:
    seen = heapscape("peek", "store.*Put", "--profile", "heap-12", "--db", demo)

    lines = [line.split("|")[-1].strip() for line in seen.out.splitlines() if "|" in line]
    assert seen.code == 0
    assert lines == ["example.com/checkout/api.(*Handler).Order", PUT]


def test_json_has_the_weights_of_the_text(demo: Path) -> None:
    where = ("--profile", "heap-12", "--db", demo)

    text = heapscape("peek", "store.*Put", "-unit=B", *where)
    (row,) = heapscape("peek", "store.*Put", "--format", "json", *where).json()

    assert (row["function"], row["callees"]) == (PUT, [])
    assert row["callers"] == [
        {"function": "example.com/checkout/api.(*Handler).Order", "value": row["cum"], "inlined": False}
    ]
    assert f"{row['flat']}B" in text.out


def test_json_marks_inlined_callees() -> None:
    (row,) = heapscape("peek", r"session\.New$", LAST, "--format", "json").json()

    assert [(call["function"], call["inlined"]) for call in row["callees"]] == [
        ("example.com/checkout/session.create", True)
    ]


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("(", "parsing argument regexp (: error parsing regexp: missing closing ): `(`"),
        ("zzz", "peek zzz: matches none of the"),
    ],
)
@pytest.mark.parametrize("format_", ["table", "json"])
def test_a_pattern_that_finds_nothing_is_2_with_the_reason(demo: Path, pattern: str, said: str, format_: str) -> None:
    seen = heapscape("peek", pattern, "--db", demo, "--format", format_)

    assert (seen.code, seen.out) == (2, "")
    assert said in seen.err


def test_sample_type_and_filters_are_those_of_top(demo: Path) -> None:
    seen = heapscape("peek", "main", "-alloc_objects", "-focus=store", "--profile", "heap-12", "--db", demo)

    assert "Type: alloc_objects\n" in seen.out
    assert "   focus=store\n" in seen.out
