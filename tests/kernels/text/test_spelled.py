"""Spelled lines against regular expressions, and masks against Python's own."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.kernels.text.spelled import (
    GOAL,
    GROUP,
    MIB,
    MS,
    NONE,
    NUMBER,
    SECONDS,
    THERE,
    line_spans,
    mask_digits,
    read_spelled,
)
from pipeline.values import Int64s

# a <number>[ (<ms> ms)]-<seconds>[ x]
PATTERN = np.frombuffer(
    b"a "
    + bytes([NUMBER, GROUP, 7, 1])
    + b" ("
    + bytes([MS])
    + b" ms)-"
    + bytes([SECONDS, GROUP, 3, 1])
    + b" x"
    + bytes([THERE]),
    np.uint8,
)
TWIN = re.compile(rb"a (\d+)(?: \((\d+(?:\.\d{1,9})?) ms\))?-(\d+(?:\.\d{1,9})?)( x)?")


def read_one(text: bytes, pattern: np.ndarray, fields: int) -> list[int | None] | None:
    """The fields of one text amid others; None for one that is not spelled so."""
    data = np.frombuffer(b"a 1" + text + b"23 x", np.uint8)
    found: Int64s = np.zeros((1, fields), np.int64)
    spans = np.array([3], np.int64), np.array([3 + len(text)], np.int64)
    (is_read,) = read_spelled(data, *spans, pattern, found)
    return [None if one == NONE else one for one in found[0].tolist()] if is_read else None


def twin(text: bytes) -> list[int | None] | None:
    found = TWIN.fullmatch(text)
    if found is None or any(one is not None and len(one) > 12 for one in found.groups()):
        return None
    number, ms, seconds, word = found.groups()
    return [
        int(number),
        None if ms is None else round(float(ms) * 1e6),
        round(float(seconds) * 1e9),
        None if word is None else 1,
    ]


PARTS = st.sampled_from([b"a ", b"1", b"23", b" (", b"4.5", b".", b" ms)", b"-", b" x", b" ", b"1234567", b"0.0000005"])


@given(st.one_of(st.lists(PARTS, max_size=9).map(b"".join), st.from_regex(TWIN, fullmatch=True)))
def test_what_is_spelled_as_the_pattern_has_the_fields_of_a_regular_expression(text: bytes) -> None:
    expected = twin(text)
    if expected is not None and expected[2] is not None and expected[2] >= 1 << 62:
        expected = None

    assert read_one(text, PATTERN, 4) == expected


@pytest.mark.parametrize("decimal", ["0.0000005", "0.0000015", "1.1", "99999.12345", "123456789012", "0.100000001"])
def test_decimals_are_rounded_as_floats_are(decimal: str) -> None:
    pattern = np.array([MS], np.uint8)

    assert read_one(decimal.encode(), pattern, 1) == [round(float(decimal) * 1_000_000)]


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (NUMBER, b"999999999999", 999999999999),
        (NUMBER, b"1234567890123", None),
        (NUMBER, b"", None),
        (MS, b"1.", None),
        (MS, b".5", None),
        (MS, b"1.0000000001", None),
        (MS, b"123456789.1234", None),
        (SECONDS, b"4611686018", 4611686018 * 10**9),
        (SECONDS, b"4611686019", None),
        (MIB, b"3", 3 << 20),
        (MIB, b"999999999999", 999999999999 << 20),
        (GOAL, b"4398046511103", 4398046511103 << 20),
        (GOAL, b"9999999999999999999", None),
        (GOAL, b"17592186044416", None),
    ],
)
def test_numbers_that_may_be_too_large_are_not_read(kind: int, text: bytes, value: int | None) -> None:
    assert read_one(text, np.array([kind], np.uint8), 1) == (None if value is None else [value])


def test_a_goal_that_is_none_is_none() -> None:
    assert read_one(b"17592186044415", np.array([GOAL], np.uint8), 1) == [None]


@given(st.lists(st.text("ab\r\n", max_size=6), min_size=1).map("".join).map(str.encode), st.data())
def test_lines_are_those_of_a_split_at_line_feeds(text: bytes, data: st.DataObject) -> None:
    places = sorted(data.draw(st.lists(st.integers(0, max(len(text) - 1, 0)), max_size=4))) if text else []

    starts, ends, is_ended = line_spans(np.frombuffer(text, np.uint8), np.array(places, np.int64))

    for place, start, end, has_feed in zip(places, starts, ends, is_ended, strict=True):
        assert start == text.rfind(b"\n", 0, place) + 1
        feed = text.find(b"\n", place)
        assert has_feed == (feed >= 0)
        assert text[start:end] == text[start : feed if feed >= 0 else len(text)].rstrip(b"\r")


@given(st.lists(st.tuples(st.binary(max_size=9), st.integers(0, 1)), max_size=5))
def test_digits_are_masked_where_it_is_said(texts: list[tuple[bytes, int]]) -> None:
    data = b"".join(text for text, _ in texts)
    ends = np.cumsum([len(text) for text, _ in texts], dtype=np.int64)
    starts = ends - np.array([len(text) for text, _ in texts], np.int64)
    spans = np.array([[[0, 2], [3, 99]], [[1, 4], [0, 0]]], np.int64)
    which = np.array([one for _, one in texts], np.int64)

    masked, offsets, is_plain = mask_digits(np.frombuffer(data, np.uint8), starts, ends, which, spans)

    for row, (text, one) in enumerate(texts):
        places = {place for first, last in spans[one].tolist() for place in range(first, last)}
        expected = bytes(48 if place in places and 48 <= byte < 58 else byte for place, byte in enumerate(text))
        assert masked[offsets[row] : offsets[row + 1]].tobytes() == expected
        assert is_plain[row] == (text.isascii() and text.decode("ascii", "replace").isprintable() and b"{" not in text)
