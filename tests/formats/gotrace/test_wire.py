"""Generations, and how files end."""

from __future__ import annotations

import pytest

from pipeline.formats.gotrace.generation import Generation
from pipeline.formats.gotrace.window import in_memory
from pipeline.formats.gotrace.wire import Ending, generations
from tests.builders.trace import BLOCKED, NO_THREAD, batch, header, raw_batch, stacks, strings, sync, trace, uvarint


def read(content: bytes) -> tuple[list[Generation], Ending]:
    *whole, ending = generations(in_memory(content), int(content[5:7]))
    assert isinstance(ending, Ending)
    return [one for one in whole if isinstance(one, Generation)], ending


@pytest.mark.parametrize("version", [22, 23, 25, 26])
def test_every_version_gives_its_generations(version: int) -> None:
    later = [batch("ProcStatus dt=1 p=0 pstatus=1", thread=7, generation=2)]

    whole, ending = read(trace(version, BLOCKED, later))

    assert [one.number for one in whole] == [1, 2]
    assert ending.fault is None
    assert [len(one.groups) - 1 for one in whole] == [2, 1]


def test_a_generation_has_its_texts_stacks_and_clock() -> None:
    whole, _ = read(trace(26, BLOCKED))

    texts = whole[0].texts
    spans = zip(texts.starts.tolist(), texts.lengths.tolist(), strict=True)
    assert [texts.data[start : start + length].tobytes() for start, length in spans] == [
        b"",
        b"main.f",
        b"main.go",
        b"chan receive",
    ]
    assert whole[0].frames.tolist() == [[100, 1, 2, 7]]
    assert whole[0].stack_offsets.tolist() == [0, 1]
    assert whole[0].clock.factor == 1.0
    assert whole[0].clock.snapshot == (1, 5, 1_700_000_000_000_000_000)


def test_the_first_frame_of_an_address_holds_for_all() -> None:
    tables = (strings({1: "a", 2: "b"}), stacks({1: [(5, 1, 1, 1)], 2: [(5, 2, 2, 2)]}))

    whole, _ = read(trace(26, tables))

    assert whole[0].frames.tolist() == [[5, 1, 1, 1]]
    assert whole[0].stack_frames.tolist() == [0, 0]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (header(22), "no clock frequency"),
        (header(26) + sync(26) + raw_batch(b"\x0b\x01"), "has no end"),
        (header(26) + b"\x01\x01", "byte 16: the batch's thread is no whole number"),
        (header(26) + sync(26)[:-3], "cut off"),
        (header(26) + b"\x07", "byte 16: expected a batch, found type 7"),
        (header(26) + raw_batch(b"", generation=0), "generation 0"),
        (header(26) + sync(26) + raw_batch(b"", generation=3), "generation 3 before the one before it has ended"),
        (header(26) + b"\x01\x01\x01\x01" + b"\x81\x80\x04", "a batch of 65537 bytes"),
        (header(26) + b"\x01\x01\x01\x01" + uvarint(2**64 - 1), "a batch of 18446744073709551615 bytes"),
        (header(26) + sync(26) + raw_batch(b"", generation=2**63), "a batch of generation 9223372036854775808 before"),
        (
            header(22) + sync(22, generation=2**63),
            "byte 16: generation 9223372036854775808, which no runtime counts to",
        ),
        (trace(26, (raw_batch(b"\x04\x05\x01" + uvarint(2**64 - 1)),)), "a string of 18446744073709551615 bytes"),
        (trace(26, (strings({1: "a"}), strings({1: "b"}))), "two of string 1"),
        (trace(26, (stacks({1: [(5, 9, 0, 1)]}),)), "stack 1 names string 9 as a function"),
        (trace(26, (stacks({1: [(5, 0, 9, 1)]}),)), "stack 1 names string 9 as a file"),
        (trace(26, (raw_batch(b"\x04\x05\x01\x81\x08"),)), "a string of 1025 bytes"),
        (trace(26, (raw_batch(b"\x04\x05\x01\x05ab"),)), "2 bytes are left"),
        (trace(26, (raw_batch(b"\x02\x03\x01\x81\x01"),)), "a stack of 129 frames"),
        (trace(26, (raw_batch(b"\x02\x09"),)), "an entry of type 9"),
        (trace(26, (sync(26),)), "a second clock frequency"),
        (header(25) + raw_batch(b"\x32\x08\x01") + raw_batch(b"", generation=2), "no clock snapshot"),
    ],
)
def test_a_fault_says_where_and_what(content: bytes, says: str) -> None:
    whole, ending = read(content)

    assert whole == []
    assert says in str(ending.fault)


def test_numbers_need_not_be_minimal() -> None:
    padded = b"\x01\x01" + b"\xff" * 9 + b"\x01" + b"\x01" + b"\x80" * 9 + b"\x00"

    whole, ending = read(header(22) + sync(22) + padded)

    assert (len(whole), ending.fault) == (1, None)


def test_before_go_1_26_what_was_read_of_a_generation_holds() -> None:
    whole, ending = read(trace(22, BLOCKED) + b"\x01\x02")

    assert len(whole) == 1
    assert "no whole number" in str(ending.fault)


def test_threads_keep_the_order_of_their_first_batch() -> None:
    of_nine, of_seven = (batch("ProcStop dt=1", thread=thread) for thread in (9, 7))

    whole, _ = read(trace(26, (of_nine, of_seven, of_nine)))

    assert whole[0].batches[:, 2].tolist() == [9, 9, 7]
    assert whole[0].groups.tolist() == [0, 2, 3]


def test_no_thread_is_a_thread_of_its_own() -> None:
    whole, _ = read(trace(26, (batch("ProcStop dt=1", thread=NO_THREAD),)))

    assert whole[0].batches[:, 2].tolist() == [-1]
