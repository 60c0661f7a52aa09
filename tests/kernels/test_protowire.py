"""Fields of the wire format against twins written for the reader."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.kernels.protowire import (
    BAD_WIRE_TYPE,
    BYTES,
    CUT_OFF,
    FIXED32,
    FIXED64,
    LENGTH_PAST_END,
    OK,
    SHORT_FIXED,
    TOO_LONG,
    TYPE_MISMATCH,
    VARINT,
    field,
    numbers,
    scalars,
)
from tests.builders.wire import number, sized, tag, varint


def as_signed(value: int) -> int:
    return value - 2**64 if value >= 2**63 else value


def varint_twin(data: bytes, at: int) -> tuple[int, int, int]:
    for index, byte in enumerate(data[at : at + 10]):
        if byte < 128:
            value = sum((part & 127) << 7 * place for place, part in enumerate(data[at : at + index + 1]))
            return value % 2**64, at + index + 1, OK
    return 0, at, TOO_LONG if len(data) - at >= 10 else CUT_OFF


def field_twin(data: bytes, position: int) -> tuple[int, int, int, int, int]:
    """decodeField in google/pprof profile/proto.go: number, wire type, value or length, position, status."""
    key, at, status = varint_twin(data, position)
    if status != OK:
        return 0, 0, 0, at, status
    of, wire_type = key >> 3, key & 7
    if wire_type == VARINT:
        value, after, status = varint_twin(data, at)
        return of, wire_type, as_signed(value), after, status
    if wire_type == BYTES:
        length, after, status = varint_twin(data, at)
        if status != OK:
            return of, wire_type, 0, after, status
        if length > len(data) - after:
            return of, wire_type, as_signed(length), after, LENGTH_PAST_END
        return of, wire_type, length, after + length, OK
    if wire_type in (FIXED64, FIXED32):
        width = 8 if wire_type == FIXED64 else 4
        left = len(data) - at
        return (of, wire_type, 0, at + width, OK) if left >= width else (of, wire_type, left, at, SHORT_FIXED)
    return of, wire_type, wire_type, position, BAD_WIRE_TYPE


def scalars_twin(data: bytes, width: int) -> tuple[list[int], int, int, int, int]:
    """The row, then what `scalars` returns; of a failure the row may be anything."""
    row, at, unknown = [0] * width, 0, 0
    while at < len(data):
        of, wire_type, value, after, status = field_twin(data, at)
        if status != OK:
            return row, after, status, value, unknown
        if not 1 <= of <= width:
            unknown += 1
        elif wire_type != VARINT:
            return row, at, TYPE_MISMATCH, wire_type, unknown
        else:
            row[of - 1] = value
        at = after
    return row, at, OK, 0, unknown


def read_field(data: bytes, position: int = 0) -> tuple[int, ...]:
    return tuple(int(of) for of in field(np.frombuffer(data, np.uint8), position, len(data)))


def read_scalars(data: bytes, width: int) -> tuple[list[int], int, int, int, int]:
    row = np.full(width, 99, np.int64)
    at, status, found, unknown = (int(of) for of in scalars(np.frombuffer(data, np.uint8), 0, len(data), row))
    return row.tolist(), at, status, found, unknown


def some_fields(random: Random) -> bytes:
    """Small numbers mostly, anything now and then."""
    out = b""
    for _ in range(random.randrange(6)):
        choice = random.random()
        if choice < 0.7:
            out += number(random.randrange(8), random.choice((0, 1, 300, 2**63, 2**64 - 1)))
        elif choice < 0.8:
            out += sized(random.randrange(8), random.randbytes(random.randrange(4)))
        elif choice < 0.9:
            out += tag(random.randrange(8), random.choice((1, 5))) + random.randbytes(random.choice((4, 8)))
        else:
            out += random.randbytes(random.randrange(12))
    return out


@given(st.binary(max_size=24), st.integers(0, 24))
def test_field_is_its_twin_on_any_bytes(data: bytes, position: int) -> None:
    position = min(position, len(data))

    assert read_field(data, position) == field_twin(data, position)


@given(st.randoms(use_true_random=True), st.integers(1, 6))
def test_scalars_are_their_twin(random: Random, width: int) -> None:
    data = some_fields(random)

    row, *rest = read_scalars(data, width)
    expected_row, *expected = scalars_twin(data, width)

    assert rest == expected
    assert rest[1] != OK or row == expected_row


@given(st.lists(st.integers(0, 2**64 - 1), max_size=20), st.integers(0, 10))
def test_packed_numbers_come_back(values: list[int], width: int) -> None:
    data = b"".join(varint(value, width=width) for value in values)
    out = np.zeros(len(values) + 1, np.int64)

    count, at, status = numbers(np.frombuffer(data, np.uint8), 0, len(data), out, 0, BYTES, 0)

    assert (count, at, status) == (len(values), len(data), OK)
    assert out[:-1].tolist() == [as_signed(value) for value in values]
    assert out[-1] == 0


@given(st.binary(max_size=30))
def test_numbers_stop_where_their_twin_stops(data: bytes) -> None:
    expected, at, status = [], 0, OK
    while at < len(data) and status == OK:
        value, at, status = varint_twin(data, at)
        expected += [as_signed(value)] if status == OK else []
    out = np.zeros(len(data), np.int64)

    found = numbers(np.frombuffer(data, np.uint8), 0, len(data), out, 0, BYTES, 0)

    assert found == (len(expected), at, status)
    assert out[: len(expected)].tolist() == expected


def test_a_single_number_is_appended_behind_the_others() -> None:
    out = np.array([7, 0, 0], np.int64)

    found = numbers(np.zeros(0, np.uint8), 3, 5, out, 1, VARINT, -9)

    assert found == (2, 5, OK)
    assert out.tolist() == [7, -9, 0]


@pytest.mark.parametrize("wire_type", [FIXED32, FIXED64])
def test_repeated_numbers_of_fixed_width_are_refused(wire_type: int) -> None:
    assert numbers(np.zeros(9, np.uint8), 4, 9, np.zeros(9, np.int64), 2, wire_type, 0) == (2, 4, TYPE_MISMATCH)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        # Field number 0 is no number protobuf knows; google/pprof skips it.
        (number(0, 5), (0, VARINT, 5, 2, OK)),
        (number(2**61 - 1, 5), (2**61 - 1, VARINT, 5, 11, OK)),
        (sized(1), (1, BYTES, 0, 2, OK)),
        (tag(1, BYTES) + varint(1), (1, BYTES, 1, 2, LENGTH_PAST_END)),
        (tag(1, BYTES) + varint(2**63), (1, BYTES, -(2**63), 11, LENGTH_PAST_END)),
        (tag(1, BYTES) + varint(2**64 - 1), (1, BYTES, -1, 11, LENGTH_PAST_END)),
        (tag(1, FIXED64) + b"1234567", (1, FIXED64, 7, 1, SHORT_FIXED)),
        (tag(1, FIXED32) + b"123", (1, FIXED32, 3, 1, SHORT_FIXED)),
        (tag(1, 3), (1, 3, 3, 0, BAD_WIRE_TYPE)),
        (tag(1, 4), (1, 4, 4, 0, BAD_WIRE_TYPE)),
        (tag(1, 6), (1, 6, 6, 0, BAD_WIRE_TYPE)),
        (tag(1, 7), (1, 7, 7, 0, BAD_WIRE_TYPE)),
        (tag(1, VARINT), (1, VARINT, 0, 1, CUT_OFF)),
        (tag(1, BYTES), (1, BYTES, 0, 1, CUT_OFF)),
        (b"", (0, 0, 0, 0, CUT_OFF)),
    ],
)
def test_edges_of_a_field(data: bytes, expected: tuple[int, ...]) -> None:
    assert read_field(data) == expected


def test_the_last_of_a_repeated_singular_number_wins() -> None:
    assert read_scalars(number(1, 5) + number(2, 6) + number(1, 7), 3) == ([7, 6, 0], 6, OK, 0, 0)
