"""Fields of many messages as columns."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.errors import DecodeError
from pipeline.formats.otlp.wire import Messages, messages
from tests.builders.wire import FIXED64, number, numbers, sized, tag


def read(*contents: bytes) -> Messages:
    """Messages one behind the other."""
    data = np.frombuffer(b"".join(contents), np.uint8)
    ends = np.cumsum([len(one) for one in contents])
    return messages(data, ends - [len(one) for one in contents], ends, name="thing")


def test_a_number_is_the_last_that_is_given_and_zero_without() -> None:
    found = read(number(1, 5) + number(1, 7), b"", number(2, 9) + tag(3, FIXED64) + (2**64 - 2).to_bytes(8, "little"))

    assert found.numbers(1).tolist() == [7, 0, 0]
    assert found.numbers(3, FIXED64).tolist() == [0, 0, -2]


def test_repeated_numbers_are_read_packed_and_plain() -> None:
    ends, values = read(numbers(1, 1, 300) + number(1, 2), b"", numbers(1)).lists(1)

    assert (ends.tolist(), values.tolist()) == ([3, 3, 3], [1, 300, 2])


def test_messages_in_messages_know_whose_they_are() -> None:
    owners, inner = read(sized(1, number(1, 4)), sized(1, b"") + sized(1, number(1, 6))).inside(1, "inner thing")

    assert (owners.tolist(), inner.numbers(1).tolist()) == ([0, 1, 1], [4, 0, 6])


def test_a_field_of_another_type_is_of_another_version() -> None:
    with pytest.raises(DecodeError, match=r"thing 1: field 1 is a message or text where profiles\.proto has a number"):
        read(b"", sized(1, b"ab")).numbers(1)
    with pytest.raises(DecodeError, match=r"thing 0: field 1 is eight bytes where profiles\.proto has a number"):
        read(tag(1, FIXED64) + bytes(8)).lists(1)


def test_a_place_outside_of_a_table_is_refused() -> None:
    with pytest.raises(DecodeError, match="thing 1: names row 3; the file has 3"):
        read(number(1, 2), number(1, 3)).indices(1, 3, of="row")
    with pytest.raises(DecodeError, match="thing 0: names row -1; the file has 3"):
        read(numbers(1, 0, 2**64 - 1)).index_lists(1, 3, of="row")


def test_a_fault_says_which_message_and_byte() -> None:
    with pytest.raises(DecodeError, match="thing 1, byte 4: a length of 9 bytes reaches past the end"):
        read(number(1, 2), b"\x0a\x09a")
    with pytest.raises(DecodeError, match="thing 0, byte 2: the data ends inside a number"):
        read(sized(1, b"\xff")).lists(1)
