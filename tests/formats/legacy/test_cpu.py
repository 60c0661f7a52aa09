from __future__ import annotations

import struct

import pytest

from pipeline.errors import DecodeError
from pipeline.formats.legacy.cpu import calls, is_java, read_cpu
from pipeline.formats.legacy.recognise import word_type
from tests.builders.legacy import Sample, cpu
from tests.formats.legacy.reading import read, refusal, samples


@pytest.mark.parametrize("word", ["<I", ">I", "<Q", ">Q"])
def test_words_of_every_size_and_order_say_the_same(word: str) -> None:
    found = read(cpu(Sample("0x100 0x201 0x301", 3), Sample("0x100 0x401", 1), word=word))

    assert samples(found) == [
        (["0x100", "0x200", "0x300"], (3, 30_000_000), []),
        (["0x100", "0x400"], (1, 10_000_000), []),
    ]
    assert found.header[2] == 10_000_000


def test_a_header_says_which_language_it_is_of() -> None:
    assert is_java(cpu(is_java=True))
    assert not is_java(cpu())
    assert word_type(cpu(period_us=0)) == ""
    assert word_type(struct.pack("<5Q", 0, 3, 2, 1, 0)) == ""


def test_what_nearly_all_samples_have_as_second_frame_is_the_signal_handlers() -> None:
    common = [Sample(f"{place + 0x100:#x} 0x901 0x801 {place + 0x201:#x}", 1) for place in range(64)]
    odd = [Sample("0x50 0x61", 1), Sample("0x50 0x901 0x62", 1)]

    found = [stack for stack, *_ in samples(read(cpu(*common, *odd)))]

    assert found[0] == ["0x100", "0x200"]
    assert found[-2:] == [["0x50", "0x60"], ["0x50", "0x61"]]


def test_no_more_than_two_frames_are_the_signal_handlers() -> None:
    alike = [Sample("0x100 0x901 0x801 0x701", 1)] * 3

    assert [stack for stack, *_ in samples(read(cpu(*alike)))] == [["0x100", "0x700"]] * 3


def test_samples_end_at_the_mark_and_text_follows() -> None:
    found = read_cpu(cpu(Sample("0x1", 2), behind="text"))

    assert (found.is_ended, found.rest, len(calls(found.stacks).addresses)) == (True, b"text", 1)


def test_without_the_mark_what_is_there_is_read() -> None:
    found = read_cpu(cpu(Sample("0x1", 2), is_ended=False))

    assert (found.is_ended, found.values.tolist()) == (False, [[2, 20_000_000]])


def test_a_stack_that_reaches_past_the_end_is_refused() -> None:
    content = cpu(Sample("0x1 0x2", 1), Sample("0x1 0x2 0x3", 1), is_ended=False)

    assert refusal(content[:-1]) == "sample 1, byte 72: it has 3 addresses, and 2 words are left; the file is cut off"


def test_a_number_of_addresses_that_nothing_could_hold_is_refused() -> None:
    content = cpu(is_ended=False) + struct.pack("<3Q", 1, 2**64 - 1, 0)

    assert "18446744073709551615 addresses, and 1 words are left" in refusal(content)


def test_times_that_would_not_fit_are_refused() -> None:
    with pytest.raises(DecodeError, match="times take more than 64 bits"):
        read_cpu(cpu(Sample("0x1", 2**62)))
    with pytest.raises(DecodeError, match="microseconds takes more than 64 bits"):
        read_cpu(cpu(period_us=2**63))
