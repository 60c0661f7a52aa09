"""Gathering spans and lists against slices of bytes and lists."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.kernels.gather import gather_lists, gather_spans


@given(
    st.binary(max_size=40),
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=6),
    st.lists(st.integers(-1, 5), max_size=12),
)
def test_spans_come_one_after_the_other_in_the_wanted_order(
    data: bytes, bounds: list[tuple[int, int]], numbers: list[int]
) -> None:
    spans = [sorted((min(a, len(data)), min(b, len(data)))) for a, b in bounds]
    wanted = [number for number in numbers if number < len(spans)]
    parts = [data[slice(*spans[number])] if number >= 0 else b"" for number in wanted]

    out, offsets = gather_spans(
        np.frombuffer(data, np.uint8),
        np.array([start for start, _ in spans], np.int64),
        np.array([end - start for start, end in spans], np.int64),
        np.array(wanted, np.int64),
    )

    assert out.tobytes() == b"".join(parts)
    assert offsets.dtype == np.int32
    assert offsets.tolist() == np.cumsum([0, *map(len, parts)]).tolist()


def test_number_minus_one_is_an_empty_span() -> None:
    out, offsets = gather_spans(np.frombuffer(b"abc", np.uint8), np.array([1]), np.array([2]), np.array([-1, 0, -1]))

    assert out.tobytes() == b"bc"
    assert offsets.tolist() == [0, 0, 2, 2]


@given(
    st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=8),
    st.lists(st.lists(st.integers(0, 7)), min_size=1, max_size=6),
    st.lists(st.integers(0, 5), max_size=12),
)
def test_lists_come_one_after_the_other_in_the_wanted_order(
    words: list[int], lists: list[list[int]], numbers: list[int]
) -> None:
    places = [[place % len(words) for place in row] for row in lists]
    wanted = [number % len(lists) for number in numbers]

    out, offsets = gather_lists(
        np.array(words, np.uint64),
        np.array([place for row in places for place in row], np.int64),
        np.cumsum([0, *map(len, places)]),
        np.array(wanted, np.int64),
    )

    assert out.tolist() == [words[place] for number in wanted for place in places[number]]
    assert offsets.dtype == np.int32
    assert offsets.tolist() == np.cumsum([0, *(len(places[number]) for number in wanted)]).tolist()
