"""Well-formed text against Python's own decoder."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.kernels.text.utf8 import are_utf8

# Bytes near the edges of the encoding, so that random ones come close to being text.
EDGES = st.lists(st.sampled_from(bytes.fromhex("00417f808f909fa0bfc0c1c2dfe0e1ecedeeeff0f1f3f4f5ff")), max_size=6).map(
    bytes
)


def twin(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def judge(*parts: bytes) -> list[bool]:
    lengths = np.array([len(part) for part in parts], np.int64)
    judged: list[bool] = are_utf8(
        np.frombuffer(b"".join(parts), np.uint8), np.cumsum(lengths) - lengths, lengths
    ).tolist()
    return judged


@given(st.lists(st.one_of(EDGES, st.binary(max_size=6), st.text(max_size=4).map(str.encode)), max_size=8))
def test_text_is_what_python_can_decode(parts: list[bytes]) -> None:
    assert judge(*parts) == [twin(part) for part in parts]


@pytest.mark.parametrize("first", range(256))
def test_every_pair_of_bytes_is_judged_as_python_judges_it(first: int) -> None:
    pairs = [bytes((first, second)) for second in range(256)]

    assert judge(*pairs) == [twin(pair) for pair in pairs]


@pytest.mark.parametrize(
    "text", ["\x7f", "\x80", "\u07ff", "\u0800", "\ud7ff", "\ue000", "\uffff", "\U00010000", "\U0010ffff"]
)
def test_first_and_last_characters_of_each_length_are_text(text: str) -> None:
    assert judge(text.encode(), text.encode()[:-1] if len(text.encode()) > 1 else b"\xff") == [True, False]


def test_a_character_cut_by_the_end_of_its_span_is_none() -> None:
    data = np.frombuffer("aä".encode(), np.uint8)

    assert are_utf8(data, np.array([0, 0]), np.array([3, 2])).tolist() == [True, False]
