"""Changes added up by lane and slot, against a dictionary of them."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.kernels.changes import summed

LANES, LAST = 3, 5
DELTAS = np.array([[1, 0], [-1, 1], [0, -1]])
Row = tuple[int, int, int, int]
# Lanes, slots and kinds beyond what there is are among them.
ROWS = st.lists(
    st.tuples(st.integers(-1, LANES), st.integers(-1, LAST + 1), st.integers(-9, 99), st.integers(-1, len(DELTAS)))
)


def twin(rows: list[Row]) -> list[tuple[int, int, list[int], list[int]]]:
    """Lane, slot, and the sums of all rows up to there."""
    kept = [row for row in rows if 0 <= row[0] < LANES and 0 <= row[1] <= LAST]
    found = []
    for key in sorted({row[:2] for row in kept}):
        until = [row for row in kept if row[:2] <= key and 0 <= row[3] < len(DELTAS)]
        slopes = [sum(int(DELTAS[kind][state]) for _, _, _, kind in until) for state in range(2)]
        moments = [sum(int(DELTAS[kind][state]) * time for _, _, time, kind in until) for state in range(2)]
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

    assert (slopes[0].tolist(), moments[0].tolist()) == ([0, 0], [0, 0])
    assert list(zip(lanes.tolist(), slots.tolist(), slopes[1:].tolist(), moments[1:].tolist(), strict=True)) == twin(
        rows
    )
