"""Numbers and batches against slow twins."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.kernels.trace import columns as c
from pipeline.kernels.trace.wire import CUT_OFF, END_OF_FILE, ENDED, ROOM, nanoseconds, number, read_generation
from tests.builders.trace import batch, raw_batch


def slow_number(data: bytes) -> tuple[int, int]:
    """encoding/binary.Uvarint, for the reader."""
    value = 0
    for place, byte in enumerate(data[:10]):
        value |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return (0, -1) if value >= 2**64 else (value, place + 1)
    return 0, -1


@given(st.binary(max_size=12) | st.lists(st.integers(0x80, 0xFF), max_size=11).map(bytes))
def test_a_number_is_what_go_reads(data: bytes) -> None:
    value, at = number(np.frombuffer(data + b"\0", np.uint8), 0, len(data))

    assert (int(value) % 2**64, at) == slow_number(data)


def test_units_become_nanoseconds_by_a_float_cut_off() -> None:
    assert nanoseconds(7, 64.0) == 448
    assert nanoseconds(3, 0.7) == 2
    assert nanoseconds(np.int64(-1), 64.0) == -(2**63)


@given(st.lists(st.binary(max_size=40), max_size=8), st.integers(1, 4))
def test_batches_are_found_whatever_room_there_is(parts: list[bytes], room: int) -> None:
    content = b"".join(raw_batch(part, thread=place) for place, part in enumerate(parts))
    data = np.frombuffer(content + b"\0", np.uint8)[: len(content)]
    batches = np.zeros((room, c.BATCH), np.int64)
    n = at = generation = 0
    while True:
        n, at, generation, ending, _ = read_generation(data, at, 23, generation, batches, n)
        if ending != ROOM:
            break
        batches = np.concatenate([batches, np.zeros_like(batches)])

    assert ending == END_OF_FILE
    assert [bytes(data[row[c.BATCH_START] : row[c.BATCH_END]]) for row in batches[:n]] == parts


def test_a_lone_byte_ends_a_generation_from_1_26_on() -> None:
    data = np.frombuffer(batch("ProcStop dt=1", thread=1) + b"\x34rest", np.uint8)

    n, at, _, ending, _ = read_generation(data, 0, 26, 0, np.zeros((4, c.BATCH), np.int64), 0)

    assert (n, bytes(data[at:]), ending) == (1, b"rest", ENDED)


def test_a_batch_that_is_cut_off_is_none() -> None:
    content = batch("ProcStop dt=1", thread=1)[:-1]

    n, at, _, ending, left = read_generation(
        np.frombuffer(content, np.uint8), 0, 26, 0, np.zeros((4, c.BATCH), np.int64), 0
    )

    assert (n, at, ending, left) == (0, 0, CUT_OFF, 1)
