"""Filters by name."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.outputs.pprof import names
from pipeline.outputs.pprof.profile import Profile
from tests.outputs.pprof.seen import lines, profile

NOTHING = {"focus": "", "ignore": "", "hide": "", "show": ""}


def filtered(made: Profile, **patterns: str) -> tuple[list[str], tuple[bool, ...]]:
    kept, matched = names.by_name(made, **{**NOTHING, **patterns})
    return lines(kept), matched


@pytest.mark.parametrize(
    ("patterns", "left"),
    [
        ({"focus": "^b$"}, ["a b 1", "a|b c 4"]),
        ({"ignore": "^b$"}, ["c 2"]),
        ({"focus": "^a$", "ignore": "c"}, ["a b 1"]),
        ({"hide": "^a$"}, ["b 1", "c 2", "b c 4"]),
        ({"show": "^a$"}, ["a 1", "a 4"]),
        ({"hide": "^(a|b)$"}, ["c 2", "c 4"]),
        ({"focus": "server"}, ["a b 1", "c 2", "a|b c 4"]),
        ({"hide": "server"}, []),
    ],
)
def test_samples_and_frames_are_filtered(patterns: dict[str, str], left: list[str]) -> None:
    assert filtered(profile("a b 1", "c 2", "a|b c 4"), **patterns)[0] == left


def test_a_sample_without_a_stack_goes_with_any_filter() -> None:
    assert filtered(profile("1", "a 2"), hide="nothing") == (["a 2"], (True, False, False, False))


def test_what_matched_is_told() -> None:
    assert filtered(profile("a 1"), focus="x", ignore="y", hide="z", show="q")[1] == (False, False, False, False)
    assert filtered(profile("a b 1"), focus="a", ignore="b", hide="^a$", show="b")[1] == (True, True, True, True)


@pytest.mark.parametrize(
    ("pattern", "left"),
    [("b", ["a b 1", "d b 2"]), ("c", ["a b c 1"]), ("x", []), ("d", ["d 2"]), ("server", ["a b c 1", "d b|e 2"])],
)
def test_a_stack_begins_at_its_outermost_match(pattern: str, left: list[str]) -> None:
    assert lines(names.show_from(profile("a b c 1", "d b|e 2"), pattern)[0]) == left


@pytest.mark.parametrize(
    ("pattern", "left"),
    [
        ("b", ["b c b d 1", "b|e 2"]),
        ("^a", ["a b c b d 1", "f b|e 2"]),
        ("d", ["d 1", "f b|e 2"]),
        ("e", ["a b c b d 1", "e 2"]),
    ],
)
def test_a_stack_ends_at_its_innermost_match(pattern: str, left: list[str]) -> None:
    assert lines(names.prune_from(profile("a b c b d 1", "f b|e 2"), pattern)) == left


@pytest.mark.parametrize(
    ("header", "left"),
    [
        ({"drop_frames": "b"}, ["d 1", "f e 2", "b 3"]),
        ({"drop_frames": "b", "keep_frames": "b"}, ["a b c b d 1", "f b|e 2", "b 3"]),
        ({"drop_frames": "e"}, ["a b c b d 1", "f b|e 2", "b 3"]),
        ({"drop_frames": "c"}, ["b d 1", "f b|e 2", "b 3"]),
        ({"drop_frames": "b("}, ["a b c b d 1", "f b|e 2", "b 3"]),
        ({}, ["a b c b d 1", "f b|e 2", "b 3"]),
    ],
)
def test_what_a_profile_asks_to_drop_goes_with_what_it_calls(header: dict[str, Any], left: list[str]) -> None:
    made = profile("a b c b d 1", "f b|e 2", "b 3", **header)

    assert lines(names.without_uninteresting(made)) == left


def test_arguments_are_no_part_of_a_name_that_is_pruned() -> None:
    made = profile("a (anonymous_namespace)::f(int) d 1")

    assert lines(names.prune_from(made, "int")) == lines(made)
