"""Values of samples as columns."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from pipeline.tables.sample import value_columns
from tests.tables.expected import VALUES, values_of

_WORD = st.integers(-(2**63), 2**63 - 1)


@given(st.lists(st.lists(_WORD, min_size=1, max_size=9), max_size=12))
def test_each_row_has_the_values_of_its_sample_in_order(samples: list[list[int]]) -> None:
    ends = np.cumsum([len(values) for values in samples], dtype=np.int64)
    flat = np.array([value for values in samples for value in values], np.int64)

    made = pa.table({name: pa.array(column) for name, column in value_columns(ends, flat).items()})

    assert made.column_names == list(VALUES)
    assert [values_of(row) for row in made.to_pylist()] == samples
