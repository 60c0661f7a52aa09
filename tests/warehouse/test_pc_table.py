"""Tables of values: what holds for each instruction, against reading them one by one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.warehouse.pc_table import Values, decoded
from tests.builders.executable import tabled


def values(tables: Sequence[bytes], *, step_bytes: int = 1) -> Values:
    offsets = np.append(0, np.cumsum([len(table) for table in tables])).astype(np.int64)
    steps = np.full(len(tables), step_bytes, np.int64)
    return decoded(np.frombuffer(b"".join(tables), np.uint8), offsets, step_bytes=steps)


def ask(found: Values, function: int, offset: int) -> int:
    return int(found.at(np.array([function]), np.array([offset]))[0])


def slow(table: bytes, offset: int) -> int:
    """The value at an instruction, as runtime.pcvalue finds it."""
    value, reached, at = -1, 0, 0

    def number() -> int | None:
        nonlocal at
        found = shift = 0
        while at < len(table) and shift < 35:
            byte, at = table[at], at + 1
            found |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80 or at == len(table):
                return found & 0xFFFF_FFFF
        return None

    is_first = True
    while (change := number()) is not None and (change or is_first):
        count = number()
        if count is None:
            break
        value += change >> 1 ^ -(change & 1)
        reached += count
        if offset < reached:
            return value
        is_first = False
    return -1


def test_a_value_holds_up_to_the_next_one_and_none_beyond_the_last() -> None:
    found = values([tabled([(3, 10), (1, 7), (200, 1_000_000)])])

    assert [ask(found, 0, at) for at in (0, 2, 3, 4, 203, 204)] == [10, 10, 7, 1_000_000, 1_000_000, -1]


def test_instructions_are_counted_in_steps() -> None:
    found = values([tabled([(3, 10), (1, 7)])], step_bytes=4)

    assert [ask(found, 0, at) for at in (0, 11, 12, 15, 16)] == [10, 10, 7, 7, -1]


def test_functions_have_nothing_of_each_other() -> None:
    found = values([tabled([(4, 1)]), b"", tabled([(4, 2)]) + b"\x7f\x10", b""])

    assert [ask(found, one, 0) for one in range(4)] == [1, -1, 2, -1]
    assert [ask(found, one, 4) for one in range(4)] == [-1] * 4


def test_without_functions_nothing_is_known() -> None:
    assert ask(values([]), 0, 0) == -1
    assert ask(values([b""]), 0, 0) == -1


@given(st.lists(st.lists(st.tuples(st.integers(1, 300), st.integers(-1, 1 << 20)), max_size=6), max_size=4))
def test_what_a_linker_writes_is_read_as_the_runtime_reads_it(runs: list[list[tuple[int, int]]]) -> None:
    tables = [tabled(one) for one in runs]
    found = values(tables)

    for function, table in enumerate(tables):
        for offset in (0, 1, 2, 50, 299, 300, 301, 900):
            assert ask(found, function, offset) == slow(table, offset)


@given(st.lists(st.binary(max_size=12), max_size=5))
def test_any_bytes_are_some_table(tables: list[bytes]) -> None:
    found = values(tables)

    assert (np.diff(found.end >> 32) >= 0).all()
    # Five bytes of a number at most: what is longer is nothing that a linker writes.
    for function, table in enumerate(tables):
        if not any(set(table[at : at + 5]) <= set(range(128, 256)) for at in range(len(table) - 4)):
            assert ask(found, function, 0) == slow(table, 0)


@pytest.mark.parametrize("step_bytes", [-(2**31), -1, 2**31 - 1])
def test_steps_that_no_processor_has_leave_every_function_its_own(step_bytes: int) -> None:
    data, offsets = np.array([2, 255, 255, 255, 255, 15, 2, 1], np.uint8), np.array([0, 8])

    found = decoded(data, offsets, step_bytes=np.array([step_bytes]))

    assert (found.end >> 32 == 0).all()
    assert (np.diff(found.end) >= 0).all()
