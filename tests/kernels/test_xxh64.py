"""XXH64 against the xxhash package."""

from __future__ import annotations

import numpy as np
import pytest
import xxhash
from hypothesis import given
from hypothesis import strategies as st

from pipeline.kernels.xxh64 import hash_bytes, hash_gathered, hash_rows, hash_spans, hash_words

WORDS = st.lists(st.integers(0, 2**64 - 1), max_size=40)


def as_words(values: list[int]) -> np.ndarray:
    return np.array(values, np.uint64)


def offsets_of(rows: list[list[int]]) -> np.ndarray:
    return np.cumsum([0, *map(len, rows)])


@given(st.binary(max_size=200), st.integers(0, 9), st.integers(0, 9))
def test_hash_bytes_is_xxh64_of_the_span(data: bytes, before: int, behind: int) -> None:
    padded = np.frombuffer(b"\xaa" * before + data + b"\xbb" * behind, np.uint8)

    assert int(hash_bytes(padded, before, len(data))) == xxhash.xxh64_intdigest(data)


@pytest.mark.parametrize("length", range(100))
def test_every_length_takes_the_right_path(length: int) -> None:
    data = bytes(range(100))[:length]

    assert int(hash_bytes(np.frombuffer(data, np.uint8), 0, length)) == xxhash.xxh64_intdigest(data)


def test_the_empty_text_has_the_published_hash() -> None:
    assert int(hash_bytes(np.zeros(0, np.uint8), 0, 0)) == 0xEF46DB3751D8E999


@given(WORDS, WORDS)
def test_hash_words_is_xxh64_of_their_little_endian_bytes(before: list[int], values: list[int]) -> None:
    found = hash_words(as_words(before + values), len(before), len(values))

    assert int(found) == xxhash.xxh64_intdigest(b"".join(value.to_bytes(8, "little") for value in values))


@given(st.lists(WORDS, max_size=6))
def test_hash_rows_hashes_each_row(rows: list[list[int]]) -> None:
    offsets = np.cumsum([0, *map(len, rows)])

    found = hash_rows(as_words([value for row in rows for value in row]), offsets)

    assert found.tolist() == [xxhash.xxh64_intdigest(b"".join(v.to_bytes(8, "little") for v in row)) for row in rows]


@given(st.binary(max_size=60), st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=8))
def test_hash_spans_takes_overlapping_spans_in_any_order(data: bytes, bounds: list[tuple[int, int]]) -> None:
    spans = [sorted((min(a, len(data)), min(b, len(data)))) for a, b in bounds]
    starts = np.array([start for start, _ in spans], np.int64)
    lengths = np.array([end - start for start, end in spans], np.int64)

    found = hash_spans(np.frombuffer(data, np.uint8), starts, lengths)

    assert found.tolist() == [xxhash.xxh64_intdigest(data[start:end]) for start, end in spans]


@given(st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=8), st.lists(st.lists(st.integers(0, 7)), max_size=6))
def test_hash_gathered_hashes_each_row_of_places(words: list[int], rows: list[list[int]]) -> None:
    places = [[place % len(words) for place in row] for row in rows]
    gathered = [as_words([words[place] for place in row]) for row in places]

    found = hash_gathered(
        as_words(words), np.array([place for row in places for place in row], np.int64), offsets_of(places)
    )

    assert found.tolist() == [int(hash_words(row, 0, len(row))) for row in gathered]


@pytest.mark.parametrize("length", [63, 64, 65, 200])
def test_hash_gathered_takes_rows_of_any_length(length: int) -> None:
    words = as_words(list(range(300)))
    places = np.arange(length, dtype=np.int64)

    found = hash_gathered(words, np.concatenate([places, places[:3]]), np.array([0, length, length + 3]))

    assert found.tolist() == [int(hash_words(words, 0, length)), int(hash_words(words, 0, 3))]
