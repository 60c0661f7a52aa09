"""Parts of profiles put together: what each says stays what it says."""

from __future__ import annotations

import numpy as np

from pipeline.formats.samples import (
    Header,
    Part,
    Profile,
    bare_symbols,
    decoded,
    joined,
    joined_strings,
    ranges,
    strings_of,
    symbols,
    with_labels,
)
from tests.builders.facts import Label, facts_of_decoded

HEADER = Header((("goroutine", "count"),), ("goroutine", "count"), 1)


def bare(*stacks: list[int], values: list[int]) -> Part:
    empty = np.empty((0, 4), np.int64)
    return Part(np.array(values, np.int64), bare_symbols(stacks), empty, np.zeros(len(stacks), np.int64))


def named(name: bytes, line: int) -> Part:
    found = symbols(
        strings=[name, b"main.go"],
        function_name_text=np.array([0]),
        function_file_text=np.array([1]),
        location_address=np.array([7], np.uint64),
        location_line_offsets=np.array([0, 1]),
        line_function=np.array([0]),
        line_line=np.array([line]),
        stack_offsets=np.array([0, 1]),
        stack_locations=np.array([0]),
    )
    return Part(np.array([1]), found, np.empty((0, 4), np.int64), np.zeros(1, np.int64))


def test_parts_keep_their_stacks_functions_and_labels() -> None:
    parts = [
        with_labels(named(b"main.f", 3), [[(b"queue", b"red")]]),
        bare([5, 6], [], values=[2, 3]),
        with_labels(named(b"main.g", 4), [[(b"tier", b"gold"), (b"queue", b"red")]]),
    ]

    facts = facts_of_decoded(decoded([Profile(0, HEADER, joined(parts))], {}))

    assert [function[0] for function in facts.functions] == [b"main.f", b"main.g"]
    assert [lines for *_, lines in facts.locations] == [((0, 3, 0),), (), (), ((1, 4, 0),)]
    assert facts.samples == [
        ((0,), (1,), (Label(b"queue", b"red", 0, None),)),
        ((1, 2), (2,), ()),
        ((), (3,), ()),
        ((3,), (1,), (Label(b"tier", b"gold", 0, None), Label(b"queue", b"red", 0, None))),
    ]


def test_profiles_of_different_sample_types_stand_side_by_side() -> None:
    both = Header((("contentions", "count"), ("delay", "nanoseconds")), ("contentions", "count"), 5, 9, kind="mutex")

    found = decoded([Profile(0, HEADER, bare([1], values=[4])), Profile(3, both, bare([2], values=[6, 7]))], {1: "bad"})

    second = facts_of_decoded(found, 1, before=[facts_of_decoded(found, 0)])
    assert second.header[:5] == (0, 9, 5, b"contentions", b"count")
    assert second.sample_types == [(b"contentions", b"count"), (b"delay", b"nanoseconds")]
    assert [values for _, values, _ in second.samples] == [(6, 7)]
    assert np.asarray(found.columns["profile"]["blob_index"]).tolist() == [0, 3]
    assert found.refusals == {1: "bad"}


def test_without_a_profile_there_are_refusals_alone() -> None:
    assert decoded([], {0: "bad"}).columns == {}


def test_what_is_odd_about_any_profile_is_noted() -> None:
    large = decoded([Profile(0, HEADER, bare([1], [1], values=[2**62, 2**62]))], {})

    assert [note.kind for note in large.notes] == ["no_time", "no_functions", "sum_out_of_range"]
    assert [note.kind for note in decoded([Profile(0, HEADER, bare(values=[]))], {}).notes] == [
        "no_time",
        "empty_profile",
    ]


def test_strings_keep_their_bytes() -> None:
    found = joined_strings([strings_of([b"a", b""]), strings_of([b"\xff\xfe"])])

    texts = [
        found.data[start : start + length].tobytes() for start, length in zip(found.starts, found.lengths, strict=True)
    ]
    assert texts == [b"a", b"", b"\xff\xfe"]


def test_ranges_follow_one_another() -> None:
    assert ranges(np.array([5, 0, 9]), np.array([2, 0, 1])).tolist() == [5, 6, 9]
    assert ranges(np.empty(0, np.int64), np.empty(0, np.int64)).tolist() == []
