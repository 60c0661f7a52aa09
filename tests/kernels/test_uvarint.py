"""Unsigned LEB128 against a twin written for the reader, and against our own writer."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.kernels.uvarint import CUT_OFF, OK, TOO_LONG, uvarint
from tests.builders.wire import varint


def twin(data: bytes, position: int, end: int) -> tuple[int, int, int]:
    """decodeVarint in google/pprof profile/proto.go, with a position."""
    value = 0
    for index, byte in enumerate(data[position:end]):
        if index == 10:
            break
        value += (byte % 128) * 128**index
        if byte < 128:
            return value % 2**64, position + index + 1, OK
    return 0, position, TOO_LONG if end - position >= 10 else CUT_OFF


def read(data: bytes, position: int = 0, end: int | None = None) -> tuple[int, int, int]:
    value, after, status = uvarint(np.frombuffer(data, np.uint8), position, len(data) if end is None else end)
    return int(value), int(after), int(status)


@given(st.binary(max_size=14), st.integers(0, 14), st.integers(0, 14))
def test_uvarint_is_its_twin(data: bytes, one: int, other: int) -> None:
    position, end = sorted((min(one, len(data)), min(other, len(data))))

    assert read(data, position, end) == twin(data, position, end)


@given(st.integers(0, 2**64 - 1), st.integers(0, 10))
def test_every_number_of_64_bits_comes_back_however_long_it_was_written(value: int, width: int) -> None:
    written = varint(value, width=width)

    assert read(b"\xff" + written + b"\xff", 1) == (value, 1 + len(written), OK)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", (0, 0, CUT_OFF)),
        (b"\x00", (0, 1, OK)),
        (b"\x7f", (127, 1, OK)),
        (b"\x80", (0, 0, CUT_OFF)),
        (b"\x80\x00", (0, 2, OK)),
        (b"\x80\x01", (128, 2, OK)),
        (b"\xff" * 9, (0, 0, CUT_OFF)),
        (b"\xff" * 9 + b"\x01", (2**64 - 1, 10, OK)),
        (b"\xff" * 10, (0, 0, TOO_LONG)),
        (b"\xff" * 10 + b"\x00", (0, 0, TOO_LONG)),
        # Of the tenth byte only the lowest bit fits into 64.
        (b"\x80" * 9 + b"\x7e", (0, 10, OK)),
        (b"\x80" * 9 + b"\x7f", (2**63, 10, OK)),
    ],
)
def test_edges_of_ten_bytes_and_64_bits(data: bytes, expected: tuple[int, int, int]) -> None:
    assert read(data) == expected


def test_bytes_behind_the_end_are_not_read() -> None:
    assert read(b"\x80\x01", 0, 1) == (0, 0, CUT_OFF)
