"""Whether growth in other modules is worth a word."""

from __future__ import annotations

import pytest

from pipeline.outputs.elsewhere import elsewhere


def module(growth: int, name: str | None = "github.com/acme/lru", *, is_own: bool = False) -> dict[str, object]:
    return {"module": name, "is_own": is_own, "growth_bytes": growth}


@pytest.mark.parametrize("moved", [5, 60, -5])
def test_other_modules_are_told_from_a_twentieth_on(moved: int) -> None:
    assert elsewhere([module(95, "main", is_own=True), module(moved)]) == [module(moved)]


@pytest.mark.parametrize("moved", [0, 4, -4])
def test_less_is_no_news(moved: int) -> None:
    assert elsewhere([module(96, "main", is_own=True), module(moved)]) == []


def test_growth_does_not_hide_behind_shrinking() -> None:
    assert elsewhere([module(100, "main", is_own=True), module(50), module(-50)]) == [module(50), module(-50)]


def test_stacks_without_a_function_are_of_no_module() -> None:
    assert elsewhere([module(1, "main", is_own=True), module(99, None)]) == []


def test_a_series_without_growth_has_nothing_elsewhere() -> None:
    assert elsewhere([]) == []
    assert elsewhere([module(0)]) == []
