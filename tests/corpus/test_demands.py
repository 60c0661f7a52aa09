"""A corpus that is not as it must be is told of, figure by figure."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.corpus.demands import shortfalls
from tests.corpus.judge import CONTRADICTS, FALSE_IMPLICIT, Leaf

AGREES = "escape, agrees with the call"


def test_a_right_corpus_falls_short_of_nothing() -> None:
    assert list(shortfalls({"m": _leaves(3_000), "json": _leaves(3_000), "m+binary": _leaves(3_000)})) == []


@pytest.mark.parametrize(
    ("verdict", "count", "figure"),
    [
        (CONTRADICTS, 30, "1.00% of bytes"),
        (CONTRADICTS, 30, "1.00% of leaves"),
        (FALSE_IMPLICIT, 15, "0.50% of bytes"),
    ],
)
def test_too_large_a_share_is_told(verdict: str, count: int, figure: str) -> None:
    assert f"m: {verdict}: {figure}" in _said({"m": _leaves(3_000, verdict, count)})
    assert list(shortfalls({"m": _leaves(3_000, verdict, count - 1)})) == []


def test_with_the_binary_nothing_may_contradict_it() -> None:
    assert f"json+binary: {CONTRADICTS}: 0.03% of bytes" in _said({"json+binary": _leaves(3_000, CONTRADICTS, 1)})


def test_with_the_binary_as_little_may_be_falsely_implicit_as_without() -> None:
    assert f"json+binary: {FALSE_IMPLICIT}: 0.50% of bytes" in _said(
        {"json+binary": _leaves(3_000, FALSE_IMPLICIT, 15)}
    )
    assert _said({"json+binary": _leaves(3_000, FALSE_IMPLICIT, 14)}) == ""


def test_with_the_binary_little_may_be_ambiguous() -> None:
    assert "ambiguous: 3.00% of bytes" in _said({"json+binary": _leaves(3_000, "ambiguous, some fit", 90)})


def test_with_the_binary_every_implicit_byte_has_its_kind() -> None:
    def given(kind: str | None) -> dict[str, list[Leaf]]:
        last = replace(_leaves(1)[0], location_id=3_000, attribution="implicit", allocation_kind=kind)
        return {"json+binary": [*_leaves(3_000), last]}

    assert "implicit without the kind of its allocation: 10,000 bytes" in _said(given(None))
    assert _said(given("map_growth")) == ""


def test_spellings_that_disagree_are_told() -> None:
    assert "m and json: they agree on 98.00% of bytes" in _said(
        {"m": _leaves(3_000), "json": _leaves(3_000, "caller", 60)}
    )


def test_figures_of_too_little_are_worth_nothing() -> None:
    assert "1,999 leaves" in _said({"m": _leaves(1_999)})


def test_figures_without_calls_are_worth_nothing() -> None:
    assert "known for 0 leaves of 3,000" in _said({"m": _leaves(3_000, target="")})


def _said(judged: dict[str, list[Leaf]]) -> str:
    return "\n".join(shortfalls(judged))


def _leaves(count: int, verdict: str = AGREES, other: int = 0, *, target: str = "runtime.newobject") -> list[Leaf]:
    """So many leaves of 10 kB; the first `other` of them have this verdict and class."""
    return [
        Leaf(
            location_id=number,
            lines=(("main.f", "main.go", number),),
            attribution=verdict if number < other else AGREES,
            choices=(),
            places=(),
            allocation_kind=None,
            is_lost=False,
            growth_bytes=10_000,
            target=target,
            call="new",
            here=(),
            verdict=verdict if number < other else AGREES,
        )
        for number in range(count)
    ]
