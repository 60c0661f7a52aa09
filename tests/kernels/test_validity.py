"""Bitmaps as Arrow reads them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from pipeline.kernels.validity import looked_up, unlike


@given(st.lists(st.integers(-1, 3), max_size=40))
def test_what_is_null_to_arrow_is_what_has_the_value_for_it(values: list[int]) -> None:
    numbers = np.array(values, np.int64)

    bits, nulls = unlike(numbers, -1)

    array = pa.Array.from_buffers(pa.int64(), len(numbers), [pa.py_buffer(bits), pa.py_buffer(numbers)], nulls)
    array.validate(full=True)
    assert array.to_pylist() == [None if value == -1 else value for value in values]


@given(st.lists(st.integers(0, 3), max_size=40))
def test_place_0_is_null_and_any_other_its_word(places: list[int]) -> None:
    words = np.array([5, 2**64 - 1, 0, 7], np.uint64)

    out, bits, nulls = looked_up(words, np.array(places, np.int64))

    array = pa.Array.from_buffers(pa.uint64(), len(out), [pa.py_buffer(bits), pa.py_buffer(out)], nulls)
    array.validate(full=True)
    assert array.to_pylist() == [None if place == 0 else int(words[place]) for place in places]
