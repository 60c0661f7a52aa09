"""Insides of strings against Python's own reader of JSON."""

from __future__ import annotations

import json

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.kernels.text.escapes import unescaped


def lines(*insides: bytes) -> list[bytes | None]:
    ends = np.cumsum([len(one) for one in insides], dtype=np.int64)
    starts = ends - np.array([len(one) for one in insides], np.int64)
    found, is_read = unescaped(np.frombuffer(b"".join(insides), np.uint8), starts, ends)
    made = found.tobytes().split(b"\n")
    assert len(made) == len(insides) + 1
    assert made[-1] == b""
    return [line if one else None for line, one in zip(made, is_read.tolist(), strict=False)]


@given(st.lists(st.text(st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"])), max_size=4), st.booleans())
def test_texts_are_those_that_python_reads(texts: list[str], is_ascii: bool) -> None:
    insides = [json.dumps(text, ensure_ascii=is_ascii)[1:-1].encode() for text in texts]

    found = lines(*insides)

    assert found == [None if "\n" in text[:-1] else text.removesuffix("\n").encode() for text in texts]


def test_halves_of_letters_and_broken_escapes_are_left_to_others() -> None:
    assert lines(rb"\ud83d\ude00", rb"a\q", b"\\", rb"\u00", b"x") == [None, None, None, None, b"x"]
