from __future__ import annotations

import numpy as np
import pytest

from pipeline.errors import DecodeError
from pipeline.formats.legacy.records import BadRecord, Records, Spelling, first_bad, read_records
from tests.builders.legacy import frames, heap, text
from tests.formats.legacy.reading import read, refusal, samples

COUNT = "goroutine profile: total 2"


def _rest(content: bytes, *, is_end: bool) -> bytes | None:
    spelling = Spelling("n ", lambda numbers: (numbers, None), is_end=is_end)
    (found,) = read_records([np.frombuffer(content, np.uint8)], spelling, lines_above=0)
    assert isinstance(found, Records)
    return found.rest


def test_a_record_without_names_has_the_calls_addresses() -> None:
    assert samples(read(text(COUNT, "2 @ 0x11 0x21 0x11"))) == [(["0x10", "0x20", "0x10"], (2,), [])]


def test_a_record_with_names_has_its_named_frames_alone() -> None:
    content = text(COUNT, "2 @ 0x5 0x11 0x21", *frames("0x10 main.f+0x1 main.go:3"))

    assert samples(read(content)) == [([["main.f main.go:3"]], (2,), [])]


def test_named_records_and_others_keep_their_places() -> None:
    content = text(COUNT, "1 @ 0x31", "2 @ 0x11", *frames("0x10 main.f+0x1 main.go:3"), "", "3 @ 0x41 0x31")

    assert samples(read(content)) == [
        (["0x30"], (1,), []),
        ([["main.f main.go:3"]], (2,), []),
        (["0x40", "0x30"], (3,), []),
    ]


def test_labels_are_those_of_the_record_above() -> None:
    content = text(COUNT, "2 @ 0x11", '# labels: {"queue":"red", "tier":"gold"}', "1 @ 0x11", "# labels of nobody")

    assert [labels for *_, labels in samples(read(content))] == [[(b"queue", b"red"), (b"tier", b"gold")], []]


def test_a_stack_may_be_empty() -> None:
    assert samples(read(text(COUNT, "5 @"))) == [([], (5,), [])]


def test_a_comment_above_all_records_is_nobodys() -> None:
    assert samples(read(text(COUNT, "#", "#\t0x10\tmain.f+0x1\tmain.go:3", "5 @ 0x11", "#"))) == [(["0x10"], (5,), [])]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("5", "line 3: '5': it is no record: there is no @ in it; the file may be cut off"),
        ("x @ 0x11", "line 3: 'x @ 0x11': before the @ stand other numbers than such a record has"),
        ("9223372036854775808 @ 0x11", "a number takes more than 64 bits"),
        ("1 @ 0x10000000000000000", "an address takes more than 64 bits"),
    ],
)
def test_a_record_that_cannot_be_is_refused_with_its_line(line: str, reason: str) -> None:
    assert reason in refusal(text(COUNT, "1 @ 0x11", line))


def test_addresses_may_have_all_their_bits_and_zeros_before_them() -> None:
    found = samples(read(text(COUNT, "1 @ 0xffffffffffffffff 0x00000000000000000011 0x0")))

    assert found == [(["0xfffffffffffffffe", "0x10", "0xffffffffffffffff"], (1,), [])]


def test_records_end_where_mappings_begin_but_not_in_a_comment() -> None:
    assert _rest(b"1 @ 0x1\nMAPPED_LIBRARIES:\n", is_end=False) == b"MAPPED_LIBRARIES:\n"
    assert _rest(b"# MAPPED_LIBRARIES:\n1 @ 0x1\n", is_end=False) == b""
    assert _rest(b"1 @ 0x1\n--- x\n", is_end=True) == b"--- x\n"
    with pytest.raises(DecodeError, match="line 2: '--- x': it is no record"):
        _rest(b"1 @ 0x1\n--- x\n", is_end=False)


def test_the_first_bad_record_is_named() -> None:
    with pytest.raises(BadRecord, match="odd") as raised:
        first_bad(np.array([False, True, True]), "odd")

    assert raised.value.record == 1


def test_a_heap_record_has_the_size_of_its_objects() -> None:
    assert [labels for *_, labels in samples(read(heap("2: 96 [3: 144] @ 0x1")))] == [[(b"bytes", 48)]]
