"""Sums of a trace's changes: what is read at a time makes no difference, nor does what is of nobody."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import flow
from pipeline.values import Int64s
from pipeline.warehouse import timeline
from pipeline.warehouse import timeline_questions as asked
from pipeline.warehouse.timeline_sums import Changes, Started, Sums
from tests.builders.long_trace import long_trace

CHANGES = st.lists(st.tuples(st.integers(-1, 3), st.integers(0, 5), st.integers(-2, 2), st.integers(-99, 99)))


def told(sums: Sums) -> list[list[list[int]]]:
    kinds = [getattr(sums, name) for name in Sums.__slots__]
    return [[each.tolist() for each in (kind.keys, kind.slopes, kind.moments)] for kind in kinds]


def test_what_is_read_at_a_time_makes_no_difference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # More goroutines than take turns while one batch is read.
    long_trace(tmp_path / "long.duckdb", transitions=30_000, goroutines=4000)
    with flow.open_warehouse(str(tmp_path / "long.duckdb")) as connection:
        whole = timeline.opened(connection, 1)
        monkeypatch.setattr(asked, "_ROWS_AT_A_TIME", 2048)
        batches = list(asked.transitions(connection, 1, whole.start_ns))
        in_parts = timeline.opened(connection, 1)

    assert len(batches) > 10
    assert len(whole.goroutines) == 4000
    assert told(in_parts.sums) == told(whole.sums)
    assert in_parts.goroutines.tolist() == whole.goroutines.tolist()


@given(CHANGES, st.lists(st.integers(0, 6), min_size=1))
def test_sums_until_a_slot_are_those_of_the_changes_before_it(
    rows: list[tuple[int, int, int, int]], slots: list[int]
) -> None:
    lane, slot, slope, moment = np.array(rows, np.int64).reshape(-1, 4).T

    slopes, moments = Changes.of(lane, slot, slope[:, None], moment[:, None]).until(np.arange(4), np.array(slots))

    for found, place in ((slopes, 2), (moments, 3)):
        assert found[..., 0].tolist() == [
            [sum(row[place] for row in rows if row[0] == own and row[1] < until) for until in slots] for own in range(4)
        ]


@pytest.mark.parametrize("known", [np.array([3, 7]), np.zeros(0, np.int64)])
def test_what_nobody_tells_the_start_of_has_the_last_place(known: Int64s) -> None:
    started = Started(known, np.arange(len(known)), 9)

    assert started.of(np.array([7, 3, 5, 99, -1])).tolist() == ([1, 0, 9, 9, 9] if len(known) else [9] * 5)
