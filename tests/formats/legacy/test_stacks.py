from __future__ import annotations

import numpy as np
import pytest

from pipeline.errors import DecodeError
from pipeline.formats.legacy.stacks import Stacks, gathered, hexadecimal, part_of, stacks_of, without_doubled_leaf


def listed(stacks: Stacks) -> list[list[int]]:
    return [part.tolist() for part in np.split(stacks.addresses, stacks.offsets[1:-1])]


def test_calls_are_one_less_and_leaves_stay() -> None:
    assert listed(stacks_of([[5, 6, 0], [], [7]]).less_one()) == [[5, 5, 2**64 - 1], [], [7]]


def test_addresses_can_be_taken_out() -> None:
    assert listed(stacks_of([[1, 2, 3], [2]]).without(np.array([False, True, False, True]))) == [[1, 3], []]


def test_a_leaf_that_was_taken_down_twice_stands_there_once() -> None:
    assert listed(without_doubled_leaf(stacks_of([[9, 8, 7], [9, 7], [9]]))) == [[9, 7], [9, 7], [9]]


def test_each_distinct_address_is_one_location() -> None:
    part = part_of(stacks_of([[3, 1], [3]]), np.array([[1], [2]]))

    assert part.symbols.location_address.tolist() == [3, 1]
    assert part.symbols.stack_locations.tolist() == [0, 1, 0]
    assert part.values.tolist() == [1, 2]


def test_stacks_are_taken_out_of_words() -> None:
    assert listed(gathered(np.array([9, 1, 2, 9, 3], np.uint64), np.array([1, 4]), np.array([2, 1]))) == [[1, 2], [3]]


def test_an_address_has_at_most_64_bits() -> None:
    assert hexadecimal("0x0ffffffffffffffff") == 2**64 - 1
    with pytest.raises(DecodeError, match="more than 64 bits"):
        hexadecimal("0x10000000000000000")
