"""The two passes over a profile: what is counted is room enough for what is filled.

The twin of the whole decoder is tests/builders/reference.py; tests/formats/pprof compares the two.
"""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.formats.pprof.wire import parse
from pipeline.kernels.pprof import columns as layout
from pipeline.kernels.pprof import wire as kernels
from tests.builders.odd import encode, random_message
from tests.builders.profile import profile
from tests.builders.wire import number, numbers, sized, texts

SMALL = profile("a b 1 {k=v}", "c|d 2 {bytes=8}", comments=["x"], period_type="space/bytes")


def counted(*contents: bytes) -> list[list[int]]:
    lengths = np.array([len(content) for content in contents], np.int64)
    counts = kernels.count(np.frombuffer(b"".join(contents), np.uint8), np.cumsum(lengths) - lengths, lengths)
    rows: list[list[int]] = counts.tolist()
    return rows


def test_messages_are_counted_file_by_file() -> None:
    first = number(12, 5) + sized(1) + sized(2, b"\x10\x01") + sized(4, b"\x08\x01\x10\x02") + numbers(13, 1, 2)
    second = texts("a") + number(13, 1) + sized(2, b"123")

    assert counted(first, b"", second) == [
        [0, 1, 1, 0, 1, 0, 0, 2, 4, 2],
        [0] * layout.COUNTS,
        [0, 0, 1, 0, 0, 0, 2, 3, 0, 1],
    ]


def test_counting_stops_at_a_fault() -> None:
    assert counted(sized(6) + b"\x12\x7f" + sized(6)) == [[0, 0, 0, 0, 0, 0, 1, 0, 0, 0]]


@pytest.mark.parametrize("claimed", [2**31, 2**62, 2**64 - 1])
def test_a_length_that_lies_makes_no_room(claimed: int) -> None:
    lie = sized(6) + b"\x12" + bytes(part | 128 for part in claimed.to_bytes(9, "little")) + b"\x01"

    assert sum(counted(lie)[0]) == 1


@given(st.randoms(use_true_random=True), st.integers(0, 6), st.booleans())
def test_no_row_is_filled_that_was_not_counted(random: Random, size: int, spoil: bool) -> None:
    content = bytearray(encode(random_message(random, size=size), random, beyond_protobuf=True))
    if spoil and content:
        content[random.randrange(len(content))] = random.randrange(256)
    (counts,) = counted(bytes(content))

    columns = parse([bytes(content)]).columns

    assert len(columns.sample) <= counts[layout.SAMPLE]
    assert len(columns.location_ref) + len(columns.value) + 2 * len(columns.label) <= counts[layout.SAMPLE_BYTES]
    assert len(columns.location) <= counts[layout.LOCATION]
    assert 2 * len(columns.line) <= counts[layout.LOCATION_BYTES]
    assert len(columns.comment) <= counts[layout.COMMENT_BYTES]


def test_the_smallest_messages_fill_their_room_to_the_last_row() -> None:
    # Two bytes a label or line, one byte a packed number: nothing smaller is possible.
    labels = sized(3) * 5
    content = sized(1) + sized(2, labels, numbers(2, 1)) + sized(4, number(1, 1)) + texts()

    columns = parse([content]).columns

    assert (len(columns.label), len(columns.value), len(columns.location)) == (5, 1, 1)


def test_rows_of_a_file_begin_where_those_of_the_file_before_end() -> None:
    parsed = parse([SMALL, b"\x0a", SMALL])

    assert parsed.ends[0].tolist() == [0] * layout.SETS
    assert parsed.ends[1].tolist() == parsed.ends[2].tolist()
    assert parsed.ends[3].tolist() == (2 * parsed.ends[1]).tolist()
    assert parsed.columns.sample[:, 2].tolist() == [1, 2, 3, 4]
