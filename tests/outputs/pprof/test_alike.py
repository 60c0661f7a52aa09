"""Rows and lists that are alike."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.outputs.pprof.alike import classes, list_classes
from pipeline.outputs.pprof.profile import begins


def by_hand(keys: list[object]) -> tuple[list[int], list[int]]:
    first: dict[object, int] = {}
    for place, key in enumerate(keys):
        first.setdefault(key, place)
    return list(first.values()), [list(first).index(key) for key in keys]


@given(st.lists(st.tuples(st.integers(-2, 2), st.integers(0, 3)), max_size=12))
def test_rows_are_alike_that_are_in_all_columns(rows: list[tuple[int, int]]) -> None:
    columns = np.array(rows, np.int64).reshape(len(rows), 2).T

    first, of_each = classes(*columns)

    assert (first.tolist(), of_each.tolist()) == by_hand(list(rows))


@given(st.lists(st.lists(st.integers(0, 2), max_size=4), max_size=12))
def test_lists_are_alike_that_have_the_same_in_the_same_order(lists: list[list[int]]) -> None:
    offsets = begins(np.array([len(one) for one in lists], np.int64))
    flat = np.array([each for one in lists for each in one], np.int64)

    first, of_each = list_classes(offsets, flat)

    assert (first.tolist(), of_each.tolist()) == by_hand([tuple(one) for one in lists])
