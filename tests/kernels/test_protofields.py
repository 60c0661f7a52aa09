"""Messages as tables of fields, against a twin written for the reader."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from pipeline.kernels.protofields import COLUMNS, count_fields, fill_fields, repeated
from pipeline.kernels.protowire import BYTES, CUT_OFF, FIXED32, FIXED64, OK, TYPE_MISMATCH, VARINT, field
from tests.builders.wire import numbers, sized, tag, varint


def made(draw: Random) -> bytes:
    """A message of a few fields of any kind."""
    content = b""
    for _ in range(draw.randrange(6)):
        number, wire_type = draw.randrange(1, 40), draw.choice([VARINT, BYTES, FIXED64, FIXED32])
        size = draw.choice([0, 1, 7, 200])
        payload = {
            VARINT: varint(draw.choice([0, 127, 2**40, 2**64 - 1])),
            BYTES: varint(size) + bytes(size),
            FIXED64: draw.randbytes(8),
            FIXED32: draw.randbytes(4),
        }
        content += tag(number, wire_type) + payload[wire_type]
    return content


def twin(data: bytes, starts: list[int], ends: list[int]) -> list[list[int]]:
    rows = []
    for owner, (position, end) in enumerate(zip(starts, ends, strict=True)):
        while position < end:
            number, wire_type, value, after, _ = field(np.frombuffer(data, np.uint8), position, end)
            width = {FIXED64: 8, FIXED32: 4}.get(wire_type, 0)
            if width:
                value = int.from_bytes(data[after - width : after], "little")
                value -= 2**64 if value >= 2**63 else 0
            rows.append([owner, number, wire_type, value, after - value if wire_type == BYTES else after])
            position = after
    return rows


@pytest.mark.parametrize("seed", range(20))
def test_fields_are_those_of_the_twin(seed: int) -> None:
    draw = Random(seed)
    contents = [made(draw) for _ in range(draw.randrange(1, 9))]
    data = b"".join(contents)
    ends = np.cumsum([len(one) for one in contents])
    starts = ends - [len(one) for one in contents]
    wanted = twin(data, starts.tolist(), ends.tolist())

    count, status, *_ = count_fields(np.frombuffer(data, np.uint8), starts, ends)
    rows = np.empty((count, COLUMNS), np.int64)
    fill_fields(np.frombuffer(data, np.uint8), starts, ends, rows)

    assert status == OK
    assert rows.tolist() == wanted


def test_the_first_fault_is_told_with_its_place() -> None:
    data = np.frombuffer(b"\x08\x01\x08\xff", np.uint8)

    count, status, message, at, _ = count_fields(data, np.array([0, 2]), np.array([2, 4]))

    assert (count, status, message, at) == (1, CUT_OFF, 1, 3)


def test_repeated_numbers_come_with_their_owners() -> None:
    content = numbers(1, 5, 2**64 - 1) + tag(1, VARINT) + varint(9)
    data, rows = np.frombuffer(content, np.uint8), np.empty((2, COLUMNS), np.int64)
    fill_fields(data, np.array([0]), np.array([len(content)]), rows)
    out, owners = np.empty(20, np.int64), np.empty(20, np.int64)

    count, status, *_ = repeated(data, rows, out, owners)

    assert (count, status) == (3, OK)
    assert out[:3].tolist() == [5, -1, 9]
    assert owners[:3].tolist() == [0, 0, 0]


def test_a_repeated_number_of_another_type_is_a_fault() -> None:
    content = sized(1, b"\xff") + tag(1, FIXED64) + bytes(8)
    data, rows = np.frombuffer(content, np.uint8), np.empty((2, COLUMNS), np.int64)
    fill_fields(data, np.array([0]), np.array([len(content)]), rows)
    out, owners = np.empty(20, np.int64), np.empty(20, np.int64)

    cut, other = repeated(data, rows[:1], out, owners), repeated(data, rows[1:], out, owners)

    assert cut[1:3] == (CUT_OFF, 0)
    assert other[1:3] == (TYPE_MISMATCH, 0)
