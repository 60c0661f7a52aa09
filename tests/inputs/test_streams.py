"""Streams give at most what is asked for, and all of it in the end."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.inputs.limits import Budget, LimitError, Limits
from pipeline.inputs.streams import Held, OnDisk, Pieces, Section, gather, read_exactly


@given(pieces=st.lists(st.binary(min_size=1, max_size=20), max_size=10), sizes=st.lists(st.integers(1, 30), min_size=1))
def test_pieces_are_one_stream(pieces: list[bytes], sizes: list[int]) -> None:
    whole = b"".join(pieces)
    stream = Pieces(iter(pieces))

    taken = [read_exactly(stream, size) for size in sizes]

    assert b"".join(taken) == whole[: sum(sizes)]
    assert all(len(piece) <= size for piece, size in zip(taken, sizes, strict=True))


@given(pieces=st.lists(st.binary(min_size=1, max_size=20), max_size=10), size=st.integers(0, 50))
def test_what_is_peeked_at_stays(pieces: list[bytes], size: int) -> None:
    whole = b"".join(pieces)
    stream = Pieces(iter(pieces))

    head = stream.peek(size)

    assert head == whole[:size]
    assert read_exactly(stream, len(whole) + 1) == whole


def test_a_section_ends_where_it_should() -> None:
    section = Section(Held(b"0123456789"), offset=2, end=6)

    assert [section.read(3), section.read(3), section.read(3)] == [b"234", b"5", b""]


def test_a_section_beyond_the_bytes_is_empty() -> None:
    assert Section(Held(b"0123"), offset=9, end=12).read(3) == b""


def test_a_file_cut_short_meanwhile_just_ends(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"0123456789")
    descriptor = os.open(file, os.O_RDONLY)
    try:
        offered = OnDisk(descriptor, 10)
        os.truncate(file, 4)

        assert offered.read_at(2, 100) == b"23"
        assert offered.read_at(8, 100) == b""
        assert offered.read_at(12, 100) == b""
    finally:
        os.close(descriptor)


def test_a_size_that_is_asked_for_is_not_allocated(peak_of: Callable[[Callable[[], object]], int]) -> None:
    taken = []

    peak = peak_of(lambda: taken.append(read_exactly(io.BytesIO(b"short"), 1 << 40)))

    assert taken == [b"short"]
    assert peak < 8 << 20


def test_gathering_stops_at_the_limit() -> None:
    limits = Limits(max_plain_bytes=10, max_ratio=1, max_members=1, max_depth=1)
    asked = []

    def endless() -> object:
        asked.append(1)
        return b"1234"

    with pytest.raises(LimitError, match="12 plain bytes"):
        gather(iter(endless, None), budget=Budget(1, limits))  # type: ignore[arg-type]

    assert len(asked) == 3
