"""Fragments against a search byte by byte, and lines against Python's count of line feeds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.kernels.text.fragments import fragment_places, holds_fragment, lines_above

FRAGMENTS = np.array([[*b"gc 0", 0xF0], [*b"scav", 0xFF]], np.uint8)


def marked(data: bytes, fragments: np.ndarray = FRAGMENTS) -> list[int]:
    return fragment_places(np.frombuffer(data, np.uint8), fragments).tolist()


def twin(data: bytes) -> list[int]:
    return [
        place
        for place in range(len(data) - 3)
        if data[place : place + 4] == b"scav" or (data[place : place + 3] == b"gc " and data[place + 3] & 0xF0 == 0x30)
    ]


@given(st.lists(st.sampled_from([b"gc ", b"7", b"?", b"@", b"scav", b"sca", b"g", b" ", b"\n", b"\xff"]), max_size=20))
def test_each_place_where_a_fragment_begins_is_marked(parts: list[bytes]) -> None:
    data = b"".join(parts)

    assert marked(data) == twin(data)


@pytest.mark.parametrize("place", [0, 1, 4092, 4093, 4095, 4096, 4097, 8188, 9_996])
def test_a_fragment_is_found_across_the_edges_of_blocks_and_at_the_end(place: int) -> None:
    data = bytearray(b"x" * 10_000)
    data[place : place + 4] = b"gc 9"

    assert marked(bytes(data)) == [place]


def test_there_is_room_for_a_fragment_at_every_place() -> None:
    repeated = np.array([[*b"aaaa", 0xFF]], np.uint8)

    assert marked(b"a" * 10_003, repeated) == list(range(10_000))


@pytest.mark.parametrize("place", [0, 1, 4092, 4093, 4095, 4096, 9_996])
def test_it_is_known_whether_a_fragment_stands_across_the_edges_of_blocks_or_at_the_end(place: int) -> None:
    fragments = np.array([[*b"-- M", 0xFF], [*b"ED_L", 0xFF]], np.uint8)
    data = bytearray(b"ED-L" * 2_500)
    assert not holds_fragment(np.frombuffer(bytes(data), np.uint8), fragments)

    data[place : place + 4] = b"ED_L"

    assert holds_fragment(np.frombuffer(data, np.uint8), fragments)


@pytest.mark.parametrize("size", range(5))
def test_a_text_that_is_shorter_than_a_fragment_has_none(size: int) -> None:
    assert marked(b"gc 12"[:size]) == ([0] if size == 4 else [])


@given(st.text("ab\n", max_size=60), st.lists(st.integers(0, 60), max_size=8))
def test_lines_are_counted_up_to_each_place(text: str, places: list[int]) -> None:
    data = text.encode()
    rising = sorted(min(place, len(data)) for place in places)
    lines = np.empty(len(rising), np.int64)

    total = lines_above(np.frombuffer(data, np.uint8), np.array(rising, np.int64), lines)

    assert lines.tolist() == [data.count(b"\n", 0, place) for place in rising]
    assert total == data.count(b"\n")
