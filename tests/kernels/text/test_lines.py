"""Spans of text against Python's own strip, find and regular expressions."""

from __future__ import annotations

import re
from itertools import groupby
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.formats.legacy.frames import FrameLines
from pipeline.kernels.text.lines import location_ends, read_addresses, read_numbers
from pipeline.values import Bytes, Int64s

PARTS = st.lists(
    st.sampled_from(
        [b" ", b"\t", b"\x0b", b"\x1f", b"\x0e", b"\x08", b"0x", b"0", b"x", b"f", b"1", b"g", b"@", b"\xa0"]
    ),
    max_size=12,
).map(b"".join)
LINES = st.lists(PARTS, max_size=6)


def spans(lines: list[bytes]) -> tuple[Bytes, Int64s, Int64s]:
    sizes = np.array([len(line) for line in lines], np.int64)
    ends = np.cumsum(sizes)
    return np.frombuffer(b"".join(lines), np.uint8), ends - sizes, ends


def addresses_of(text: bytes) -> list[int]:
    """As google/pprof finds them in what it takes for addresses."""
    beginning = re.match(rb"[ x0-9a-f]*", text)
    assert beginning is not None
    return [int(found, 16) for found in re.findall(rb"0x[0-9a-f]+", beginning[0])]


def cut_in_python(text: bytes, *, is_ended: bool, known: dict[bytes, int]) -> dict[str, Any]:
    """What `cut_records` says, less the places; `known` are the comments so far, with their numbers."""
    found: dict[str, Any] = {"records": [], "comments": [], "labels": [], "end": len(text), "feeds": text.count(b"\n")}
    at = 0
    for number, raw in enumerate(text.split(b"\n")):
        line, record = raw.strip(BLANKS), len(found["records"]) - 1
        if is_ended and raw.startswith(b"---"):
            return found | {"end": at, "feeds": number}
        if line and not line.startswith(b"#"):
            found["records"].append((line, line.find(b"@") if b"@" in line else len(line), number))
        elif line[2:3] == b"l" and record >= 0:
            found["labels"].append((line, record))
        elif line and record >= 0:
            found["comments"].append((known.setdefault(line, len(known) + 1), record))
        at += len(raw) + 1
    return found


def cut(text: bytes, lines: FrameLines, *, is_ended: bool) -> dict[str, Any]:
    """The same by the kernel."""
    made = lines.cut(np.frombuffer(text, np.uint8), is_ended=is_ended)
    return {
        "records": [(text[a:b], at - a, line) for a, b, at, line in made.records.T.tolist()],
        "comments": [tuple(one) for one in made.comments.T.tolist()],
        "labels": [(text[a : a + size], record) for a, size, record in made.labels.T.tolist()],
        "end": made.end,
        "feeds": made.n_feeds,
    }


BLANKS = b" \t\n\r\x0b\x0c"
TEXT_LINES = st.sampled_from(
    [b"1 @ 0x1", b" 2: @ 3 @\r", b"x", b"#", b"#\t0x1 a", b"  #\t0x1 a", b"# labels: {}", b"# l", b"---", b" ---", b"", b"\t", b"#" + b"y" * 40]
    + [b"#\t0x%d main.f+0x1 main.go:%d" % (number % 3, number) for number in range(4)]
)  # fmt: skip


@given(st.lists(st.lists(TEXT_LINES, max_size=12).map(b"\n".join), max_size=4), st.booleans())
def test_text_is_cut_as_python_cuts_it_and_comments_keep_their_numbers(texts: list[bytes], is_ended: bool) -> None:
    known: dict[bytes, int] = {}
    lines = FrameLines()

    found = [cut(text, lines, is_ended=is_ended) for text in texts]

    assert found == [cut_in_python(text, is_ended=is_ended, known=known) for text in texts]


@pytest.mark.parametrize("count", [1, 1000, 5000])
def test_comments_keep_their_numbers_while_there_are_ever_more(count: int) -> None:
    lines, known = FrameLines(), dict[bytes, int]()
    texts = [b"1 @\n" + b"".join(b"#\t%d\n" % (i % (1 + j)) for i in range(count * j)) for j in range(1, 4)]
    texts += [b"1 @\n" + b"".join(b"#\t%d\n" % (i * i) for i in range(count))]

    found = [cut(text, lines, is_ended=False) for text in texts]

    assert found == [cut_in_python(text, is_ended=False, known=known) for text in texts]


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 5)), max_size=12))
def test_a_location_ends_where_its_machine_function_does(frames: list[tuple[int, int]]) -> None:
    entry, name = [7, 7, 7, 8, 8, 7], [0, 1, 2, 0, 3, -1]
    frames = sorted(frames, key=lambda one: one[0])
    record, frame = (np.array([one[place] for one in frames], np.int64) for place in (0, 1))

    ends = location_ends(record, frame, np.array(entry, np.uint64), np.array(name, np.int64))

    runs = [
        list(run)
        for _, run in groupby(
            enumerate(frames), lambda one: (one[1][0], entry[one[1][1]], one[0] if name[one[1][1]] < 0 else -1)
        )
    ]
    assert ends.tolist() == [place for run in runs for place, (_, one) in run if name[one] == name[run[-1][1][1]]]


@given(st.lists(st.lists(st.sampled_from([b"1", b"0", b"9" * 18, b"-", b" ", b":", b"["]), max_size=9), max_size=4))
def test_numbers_are_those_of_the_regular_expression(parts: list[list[bytes]]) -> None:
    texts = [b"".join(one) for one in parts]
    data, starts, ends = spans(texts)

    numbers, is_other, is_large = read_numbers(data, starts, ends, np.frombuffer(b"-n:*n[", np.uint8))

    found = [re.fullmatch(rb"(-?[0-9]+): *([0-9]+)\[", text) for text in texts]
    assert is_other.tolist() == [one is None for one in found]
    for row, one in enumerate(found):
        if one:
            values = [int(digits) for digits in one.groups()]
            assert is_large[row] == any(not -(2**63) <= value < 2**63 for value in values)
            assert is_large[row] or numbers[row].tolist() == values


@pytest.mark.parametrize(
    ("text", "is_large"),
    [("9223372036854775807:0[", False), ("9223372036854775808:0[", True), ("-9223372036854775808:0[", False),
     ("-9223372036854775809:0[", True), ("99999999999999999999999:0[", True), ("000000000000000000000001:0[", False)],
)  # fmt: skip
def test_a_number_has_at_most_64_bits_and_one_for_its_sign(text: str, is_large: bool) -> None:
    numbers, is_other, found = read_numbers(*spans([text.encode()]), np.frombuffer(b"-n:*n[", np.uint8))

    assert (found.tolist(), is_other.tolist()) == ([is_large], [False])
    assert is_large or numbers.tolist() == [[int(text.partition(":")[0]), 0]]


@given(LINES)
def test_addresses_are_those_that_pprof_finds(lines: list[bytes]) -> None:
    sizes, addresses, is_large = read_addresses(*spans(lines))
    wanted = [addresses_of(line) for line in lines]

    assert is_large.tolist() == [any(one >= 1 << 64 for one in found) for found in wanted]
    assert sizes.tolist() == [len(found) for found in wanted]
    assert addresses.tolist() == [one % (1 << 64) for found in wanted for one in found]


@pytest.mark.parametrize(
    ("text", "is_large"),
    [("0xffffffffffffffff", False), ("0x00000000000000000001", False), ("0x1 0x10000000000000000", True)],
)
def test_an_address_has_at_most_64_bits_whatever_zeros_it_begins_with(text: str, is_large: bool) -> None:
    assert read_addresses(*spans([text.encode()]))[2].tolist() == [is_large]
