"""Looking up ids against dictionaries, and ids chosen to be slow to look up."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba.misc.quicksort import make_py_quicksort

from pipeline.kernels.ids import BAD_ID, OK, counted_order, encode, find_id, first_of_each, index_ids, replace_ids

ID = st.one_of(st.integers(0, 12), st.sampled_from((2**63 - 1, 2**63, 2**64 - 1, 2**32)), st.integers(0, 2**64 - 1))
JITTED = hasattr(index_ids, "signatures")


def as_ids(values: list[int]) -> np.ndarray:
    return np.array(values, np.uint64).view(np.int64)


def best_of(runs: int, work: Callable[[], object]) -> float:
    times = []
    for _ in range(runs):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)


@given(st.lists(ID, max_size=20, unique=True), st.lists(ID, max_size=20))
def test_ids_are_found_as_a_dictionary_finds_them(values: list[int], wanted: list[int]) -> None:
    values = [value for value in values if value]
    places = {value: place for place, value in enumerate(values)}

    table, order, bad, status = index_ids(as_ids(values))

    assert (bad, status) == (0, OK)
    found = [find_id(as_ids(values), table, order, value) for value in as_ids(wanted)]
    assert found == [places.get(value, -1) for value in wanted]


@given(st.permutations(range(5)), st.lists(st.integers(0, 4), max_size=20))
def test_rows_are_put_in_order_as_a_stable_sort_does(ranked: list[int], which: list[int]) -> None:
    order = counted_order(np.array(which, np.int64), np.array(ranked, np.int64))

    assert order.tolist() == sorted(range(len(which)), key=lambda row: ranked.index(which[row]))


@given(st.lists(ID, min_size=1, max_size=20))
def test_zero_or_the_second_of_two_is_a_bad_id(values: list[int]) -> None:
    bad_ones = {value for value in values if value == 0 or values.count(value) > 1}

    _, _, bad, status = index_ids(as_ids(values))

    assert status == (BAD_ID if bad_ones else OK)
    assert int(bad) % 2**64 in (bad_ones or {0})


@given(st.lists(ID, max_size=20, unique=True), st.lists(ID, max_size=20), st.integers(0, 1000))
def test_ids_are_replaced_up_to_the_first_unknown_one(values: list[int], refs: list[int], base: int) -> None:
    values = [value for value in values if value]
    places = {value: place + base for place, value in enumerate(values)}
    known = next((at for at, ref in enumerate(refs) if ref not in places), len(refs))
    expected = [places[ref] for ref in refs[:known]] + as_ids(refs[known:]).tolist()
    table, order, _, _ = index_ids(as_ids(values))
    replaced = as_ids(refs)

    assert replace_ids(replaced, as_ids(values), table, order, base) == known
    assert replaced.tolist() == expected


@given(st.lists(ID, max_size=30))
def test_first_of_each_is_its_twin(values: list[int]) -> None:
    distinct = list(dict.fromkeys(values))

    firsts, inverse = first_of_each(np.array(values, np.uint64))

    assert firsts.tolist() == [values.index(value) for value in distinct]
    assert inverse.tolist() == [distinct.index(value) for value in values]


def colliding(count: int) -> np.ndarray:
    """Ids whose product with the multiplier is small: all of them want the first slot."""
    inverse = pow(0x9E3779B97F4A7C15, -1, 2**64)
    return np.array([place * inverse % 2**64 for place in range(count)], np.uint64)


def test_colliding_ids_are_told_apart_all_the_same() -> None:
    ids = np.tile(colliding(2000), 2)

    firsts, inverse = first_of_each(ids)

    assert firsts.tolist() == list(range(2000))
    assert inverse.tolist() == [*range(2000), *range(2000)]


@pytest.mark.skipif(not JITTED, reason="measures compiled code")
def test_colliding_ids_take_no_longer_than_sorting_does() -> None:
    crafted = colliding(100_000)
    fair = np.random.default_rng(1).permutation(np.arange(1, 100_001, dtype=np.uint64) * np.uint64(10**12))
    first_of_each(fair[:10])

    # One slot for all would be five billion steps.
    assert best_of(2, lambda: first_of_each(crafted)) < 40 * best_of(3, lambda: first_of_each(fair)) + 1


def median_of_three_killer(count: int) -> np.ndarray:
    """The order that makes numba's quicksort quadratic (McIlroy, A Killer Adversary for Quicksort, 1999)."""
    undecided = count - 1
    values = [undecided] * count
    decided, candidate = 0, 0

    def is_less(one: int, other: int) -> bool:
        nonlocal decided, candidate
        if values[one] == undecided and values[other] == undecided:
            values[one if one == candidate else other] = decided
            decided += 1
        if values[one] == undecided:
            candidate = one
        elif values[other] == undecided:
            candidate = other
        return values[one] < values[other]

    make_py_quicksort(lt=is_less).run_quicksort(np.arange(count))  # type: ignore[no-untyped-call]
    return np.array(values, np.int64)


@pytest.mark.skipif(not JITTED, reason="measures compiled code")
def test_no_order_of_sparse_ids_is_slow_to_index() -> None:
    order = np.argsort(np.argsort(median_of_three_killer(3000), kind="stable"))
    sparse = (order + 1) * 10**12
    shuffled = np.random.default_rng(1).permutation(sparse)
    index_ids(sparse)

    # Quicksort takes about ten times as long for this order as for any other.
    assert best_of(20, lambda: index_ids(sparse)) < 3 * best_of(20, lambda: index_ids(shuffled))


@given(st.lists(st.integers(-1, 30), max_size=60))
def test_distinct_numbers_as_they_come_and_where_each_is_among_them(numbers: list[int]) -> None:
    found, which = encode(np.array(numbers, np.int64), 31)

    assert found.tolist() == list(dict.fromkeys(numbers))
    assert found[which].tolist() == numbers
    assert which.dtype == np.int32
