"""Spans of bytes as Arrow text."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import DecodeError
from pipeline.tables.text import spans, text_array, texts
from pipeline.values import Strings


def strings(*parts: bytes) -> Strings:
    lengths = np.array([len(part) for part in parts], np.int64)
    return Strings(np.frombuffer(b"".join(parts), np.uint8), np.cumsum(lengths) - lengths, lengths)


@given(
    st.lists(st.one_of(st.text(max_size=5).map(str.encode), st.binary(max_size=5)), min_size=1, max_size=6), st.data()
)
def test_text_is_what_python_decodes_with_replacement(parts: list[bytes], data: st.DataObject) -> None:
    wanted = data.draw(st.lists(st.integers(-1, len(parts) - 1), max_size=10))

    array = text_array(strings(*parts), np.array(wanted, np.int64))

    array.validate(full=True)
    assert array.type == pa.string()
    assert array.to_pylist() == [None if place < 0 else parts[place].decode("utf-8", "replace") for place in wanted]


def test_nothing_wanted_of_nothing_is_an_empty_column() -> None:
    assert text_array(strings(), np.zeros(0, np.int64)).to_pylist() == []
    assert text_array(strings(), np.array([-1, -1])).to_pylist() == [None, None]


def test_texts_write_an_absent_one_as_empty() -> None:
    assert texts(strings(b"", "größe".encode()), np.array([1, -1, 0])) == ["größe", "", ""]


def test_spans_are_the_bytes_as_they_are() -> None:
    assert spans(strings(b"a", b"\xff", b""), np.array([1, 0, 2])) == [b"\xff", b"a", b""]


def test_more_text_than_arrow_can_address_is_an_error_and_not_wrong_text() -> None:
    one = strings(b"x" * (1 << 20))

    with pytest.raises(
        DecodeError, match="2048 texts take 2147483648 bytes; Arrow has room for 2147483647 in a column"
    ):
        text_array(one, np.zeros(2048, np.int64))
