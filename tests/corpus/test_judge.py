"""The judge can condemn: each verdict, the shares, and what spellings disagree on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.corpus.judge import CONTRADICTS, FALSE_IMPLICIT, Leaf, Record, agreement, disagreeing, shares, verdict

STRUCT: Record = ("escapes", "&stream{...}")
SLICE: Record = ("escapes", "make([]sample, 0, 500)")


@pytest.mark.parametrize(
    ("attribution", "choices", "call", "here", "expected"),
    [
        ("escape", [SLICE], "make", [SLICE, STRUCT], "escape, agrees with the call"),
        ("escape", [STRUCT], "make", [SLICE, STRUCT], CONTRADICTS),
        ("ambiguous", [SLICE, STRUCT], "make", [SLICE, STRUCT], "ambiguous, some fit"),
        ("ambiguous", [SLICE, STRUCT], "channel", [SLICE, STRUCT], "ambiguous, none fits"),
        ("implicit", [], "make", [SLICE, STRUCT], FALSE_IMPLICIT),
        ("implicit", [], "make", [STRUCT], "implicit, no record fits"),
        ("implicit", [], "map grows", [SLICE, STRUCT], "implicit, the language's own"),
        ("caller", [], "new", [STRUCT], "caller, though a record fits"),
        ("unmatched", [], "new", [], "unmatched"),
        ("escape", [STRUCT], "unknown", [], "escape, agrees with the call"),
    ],
)
def test_a_leaf_is_judged_by_its_call(
    attribution: str, choices: list[Record], call: str, here: list[Record], expected: str
) -> None:
    assert verdict(attribution, choices, call=call, here=here) == expected


def test_shares_are_of_leaves_and_of_growth_in_either_direction() -> None:
    found = [_leaf(1, 300, CONTRADICTS), _leaf(2, -100, "caller"), _leaf(3, 0, "caller")]

    assert {name: (share.leaves, share.growth_bytes) for name, share in shares(found).items()} == {
        CONTRADICTS: (1, 300),
        "caller": (2, 100),
    }
    assert shares(found)[CONTRADICTS].of_bytes == 0.75


def test_spellings_agree_where_class_and_records_are_the_same() -> None:
    first = [_leaf(1, 60, "caller"), _leaf(2, 30, "caller", STRUCT), _leaf(3, 10, "caller", STRUCT)]
    second = [_leaf(1, 60, "caller"), _leaf(2, 30, "caller", STRUCT), _leaf(3, 10, "caller", SLICE)]

    assert agreement(first, second) == 0.9


def test_a_record_of_the_same_words_elsewhere_is_another() -> None:
    there = [replace(_leaf(1, 60, "caller", STRUCT), places=((1, 9),))]

    assert agreement([_leaf(1, 60, "caller", STRUCT)], there) == 0
    assert [other for _, other in disagreeing([_leaf(1, 60, "caller", STRUCT)], there)] == there


def test_what_the_log_has_lost_is_not_compared() -> None:
    first = [_leaf(1, 60, "caller", STRUCT), replace(_leaf(2, 940, "caller", STRUCT), is_lost=True)]
    second = [_leaf(1, 60, "caller", STRUCT), replace(_leaf(2, 940, "caller"), is_lost=True)]

    assert agreement(first, second) == 1
    assert disagreeing(first, second) == []


def _leaf(number: int, growth_bytes: int, said: str, *choices: Record) -> Leaf:
    return Leaf(
        location_id=number,
        lines=(("main.f", "main.go", number),),
        attribution="escape" if choices else "caller",
        choices=choices,
        places=tuple((number, column) for column, _ in enumerate(choices, start=3)),
        allocation_kind=None,
        is_lost=False,
        growth_bytes=growth_bytes,
        target="runtime.newobject",
        call="new",
        here=(),
        verdict=said,
    )
