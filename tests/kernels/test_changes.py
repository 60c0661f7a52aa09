"""Changes added up by lane and slot, against a dictionary of them; their slots and times, against Python's numbers."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.kernels.changes import running, summed, timed

LANES, LAST = 3, 5
DELTAS = np.array([[1, 0], [-1, 1], [0, -1]])
Row = tuple[int, int, int, int]
# Lanes, slots and kinds beyond what there is are among them.
ROWS = st.lists(
    st.tuples(st.integers(-1, LANES), st.integers(-1, LAST + 1), st.integers(-9, 99), st.integers(-1, len(DELTAS)))
)
LEAST, MOST = -(1 << 63), (1 << 63) - 1
FAR, TICK_BITS = 1 << 56, 6
# What a file may say, and what is near a start and its window.
TIMES = st.integers(LEAST, MOST) | st.integers(-300, 300) | st.sampled_from([LEAST, MOST])


def twin(rows: list[Row]) -> list[tuple[int, int, list[int], list[int]]]:
    """Lane, slot, and the sums of their rows."""
    kept = [row for row in rows if 0 <= row[0] < LANES and 0 <= row[1] <= LAST]
    found = []
    for key in sorted({row[:2] for row in kept}):
        own = [row for row in kept if row[:2] == key and 0 <= row[3] < len(DELTAS)]
        slopes = [sum(int(DELTAS[kind][state]) for _, _, _, kind in own) for state in range(2)]
        moments = [sum(int(DELTAS[kind][state]) * time for _, _, time, kind in own) for state in range(2)]
        found.append((*key, slopes, moments))
    return found


@given(ROWS, st.booleans())
def test_sums_are_those_of_a_dictionary_in_whatever_order_rows_come(rows: list[Row], in_order: bool) -> None:
    rows = sorted(rows, key=lambda row: row[1]) if in_order else rows
    columns = np.array(rows, np.int64).reshape(-1, 4).T

    lane, slot, time, kind = (np.ascontiguousarray(column) for column in columns)

    lanes, slots, slopes, moments = summed(
        lane.astype(np.int32), slot.astype(np.int32), time, kind.astype(np.int32), DELTAS, LANES, LAST
    )

    assert list(zip(lanes.tolist(), slots.tolist(), slopes.tolist(), moments.tolist(), strict=True)) == twin(rows)


@given(
    st.lists(st.tuples(TIMES, st.integers(-1, 4))),
    st.sampled_from([LEAST, LEAST + 1000, 0, 77, MOST - 1000, MOST]),
    st.tuples(st.integers(-200, 200), st.integers(-200, 200), st.integers(-200, 200)),
    st.integers(3, 44),
    st.booleans(),
)
def test_slots_and_times_are_those_of_whole_numbers(
    rows: list[tuple[int, int]], start: int, window: tuple[int, int, int], shift: int, keeps_older: bool
) -> None:
    is_change, is_older = np.array([True, True, False, False]), np.array([False, True, False, True])
    since, until, begin = window
    times = np.array([time for time, _ in rows], np.int64)
    kinds = np.array([kind for _, kind in rows], np.int32)
    clock = (TICK_BITS, start, FAR, since, until, keeps_older, begin, shift, LAST)

    slots, found = timed(times >> TICK_BITS, (times & 63).astype(np.uint8), kinds, is_change, is_older, *clock)

    for (time, kind), slot, since_start in zip(rows, slots.tolist(), found.tolist(), strict=True):
        away = min(max(time, start - FAR, LEAST), start + FAR, MOST) - start
        if kind == 1:
            assert (slot, since_start) == (0 if keeps_older else -1, 0)
        elif kind != 0:
            assert slot == -1
        else:
            assert since_start == away
            slot_of = 0 if away < begin else min(1 + ((away - begin) >> shift), LAST)
            assert slot == (slot_of if since <= away < until else -1)


@given(
    st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9))),
    st.lists(st.integers(-2, 12)),
    st.sets(st.integers(-2, 12)),
)
def test_running_sums_are_those_of_all_rows_before(
    sums: list[tuple[int, int]], rows: list[int], starts: set[int]
) -> None:
    begins = sorted(starts)

    found = running(np.array(sums, np.int64).reshape(-1, 2), np.array(rows, np.int64), np.array(begins, np.int64))

    places = range(max(begins[0], 0), len(rows)) if begins else range(0)
    ends = [*begins, len(rows)]
    own = [[sums[rows[at]] for at in places if at < end and 0 <= rows[at] < len(sums)] for end in ends]
    assert found.tolist() == [[sum(one[state] for one in each) for state in range(2)] for each in own][: len(found)]
