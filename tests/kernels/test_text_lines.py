"""Spans of text against Python's own strip, find and regular expressions."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.kernels.text_lines import first_places, read_addresses, trim_spans
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


@given(LINES)
def test_spans_lose_the_blanks_that_strip_takes(lines: list[bytes]) -> None:
    data, starts, ends = spans(lines)

    trim_spans(data, starts, ends)

    assert [data[a:b].tobytes() for a, b in zip(starts, ends, strict=True)] == [line.strip() for line in lines]


@given(LINES)
def test_a_byte_is_found_in_its_own_span_only(lines: list[bytes]) -> None:
    data, starts, ends = spans(lines)

    places = first_places(data, starts, ends, ord("@")) - starts

    assert places.tolist() == [line.find(b"@") if b"@" in line else len(line) for line in lines]


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
