"""From the profiles of files to the one that reports are of."""

from __future__ import annotations

import pytest

from pipeline.errors import UsageError
from pipeline.outputs.pprof.fetched import fetched, simplified
from tests.outputs.pprof.seen import lines, profile


def test_files_are_added_up_and_bases_taken_off() -> None:
    assert lines(fetched([profile("a 5"), profile("a 2")], [profile("a 3")])) == ["a 4"]


def test_a_profile_without_mappings_has_one() -> None:
    made = fetched([profile("a 1", binary="")])

    assert [(one.id, one.file) for one in made.mappings] == [(1, "")]
    assert made.locations.mapping.tolist() == [0]


def test_frames_to_drop_are_dropped_unless_all_are_asked_for() -> None:
    made = profile("a b c 1", drop_frames="b")

    assert lines(fetched([made])) == ["c 1"]
    assert lines(fetched([made], has_all_frames=True)) == ["a b c 1"]


def test_a_comment_is_added() -> None:
    assert fetched([profile("a 1", comments=["x"])], comment="y").header.comments == ("x", "y")


def test_a_scale_needs_a_base() -> None:
    with pytest.raises(UsageError, match="must have base profile to normalize by"):
        fetched([profile("a 1")], is_normalized=True)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("std::vector<int>::push(int)", "std::vector::push"),
        ("main.f[go.shape.int]", "main.f[go.shape.int]"),
        ("main.f[func(int)]", "main.f[func]"),
        ("main.(*T[go.shape.int]).Do", "main.(*T[go.shape.int]).Do"),
        ("java.util.<init>", "java.util.<init>"),
        ("<core::iter::Map<I,F> as core::Iter>::next", "::next"),
        ("a::b)c(", "a::b)c("),
        ("main.(*T).Do", "main.(*T).Do"),
    ],
)
def test_names_that_look_like_cpp_are_simplified(name: str, shown: str) -> None:
    assert simplified(name) == shown
