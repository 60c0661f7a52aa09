"""Processes as they follow each other under a label, and what the pacer says between their cycles."""

from __future__ import annotations

import numpy as np

from pipeline.kernels.text.processes import (
    BEFORE,
    CARRIED,
    CYCLE,
    END,
    FORCED,
    INIT,
    IS_DUE,
    NO_ROW,
    NUMBER,
    PACER,
    SCAN,
    SCAVENGE,
    SCHED,
    START,
    STATE,
    SWEPT,
    follow,
)
from pipeline.values import Int64s

MOST = 10
Line = tuple[int, int, int]


def state(n: int) -> Int64s:
    made = np.full((n, STATE), -1, np.int64)
    made[:, NUMBER], made[:, IS_DUE], made[:, CARRIED] = np.arange(n), 0, 0
    return made


def followed(
    lines: list[Line], before: Int64s, *, forced: tuple[int, ...] = ()
) -> tuple[list[int], list[int], list[int], list[list[int]], int]:
    """Follow (label, kind, number): a cycle of this number, as many nanoseconds after the start; or a time in milliseconds."""
    label, kind, number = (np.array(column, np.int64) for column in zip(*lines, strict=True))
    is_forced = np.isin(np.arange(len(lines)), forced)
    times = np.where(kind == CYCLE, number, number * 1_000_000)
    found, latest, is_due, paced, count = follow(
        kind.astype(np.uint8), label, number, times, times, is_forced, before, len(before), MOST
    )
    return found.tolist(), latest.tolist(), np.flatnonzero(is_due).tolist(), paced.tolist(), count


def test_a_process_is_new_where_its_cycle_goes_back_or_comes_again() -> None:
    found, latest, _, _, count = followed(
        [(0, CYCLE, 1), (1, CYCLE, 1), (0, CYCLE, 3), (0, SCAN, 0), (0, CYCLE, 3), (1, SCAVENGE, 0), (0, CYCLE, 4)],
        state(2),
    )

    assert found == [0, 1, 0, 0, 2, 1, 2]
    assert latest == [1, 1, 3, 3, 3, 1, 4]
    assert count == 3


def test_packages_and_the_scheduler_go_on_in_time_and_begin_anew_with_the_process() -> None:
    found, *_ = followed(
        [(0, INIT, 5), (0, INIT, 5), (0, SCHED, 9), (0, INIT, 4), (0, SCHED, 1), (0, SCHED, 1), (0, SCHED, 0)], state(1)
    )

    assert found == [0, 0, 0, 1, 1, 1, 2]


def test_a_package_long_before_a_cycle_is_of_another_process() -> None:
    found, *_ = followed([(0, CYCLE, 9_000_000), (0, INIT, 8), (0, INIT, 9), (0, INIT, 7)], state(1))

    assert found == [0, 0, 0, 1]


def test_what_time_started_is_due_once_and_not_what_was_asked_for() -> None:
    lines = [(0, FORCED, 0), (0, SCAN, 0), (0, CYCLE, 1), (0, CYCLE, 2), (0, FORCED, 0), (0, CYCLE, 3), (1, FORCED, 0)]
    before = state(2)

    _, _, is_due, _, _ = followed(lines, before, forced=(5,))

    assert is_due == [2]
    assert before[:, IS_DUE].tolist() == [0, 1]


def test_what_the_pacer_says_is_of_the_cycle_that_comes_next() -> None:
    lines = [
        (0, START, 0),
        (0, SWEPT, 0),
        (0, END, 0),
        (0, CYCLE, 1),
        (0, END, 0),
        (0, START, 0),
        (0, END, 0),
        (0, END, 0),
    ]
    before = state(1)

    _, _, _, paced, _ = followed(lines, before)

    assert paced == [[0, 0, 0, 2, 1, 0], [0, 4, NO_ROW, 4, -1, 0], [0, 5, 5, 6, -1, 0]]
    assert before[0, PACER : CARRIED + 1].tolist() == [7, NO_ROW, 7, 0]


def test_what_waited_before_gets_its_end_if_it_had_none() -> None:
    before = state(3)
    before[:, PACER], before[:, CARRIED] = BEFORE, [1, 2, 1]

    _, _, _, paced, _ = followed([(0, END, 0), (1, END, 0), (0, CYCLE, 7), (2, CYCLE, 8)], before)

    assert paced == [
        [1, BEFORE, NO_ROW, NO_ROW, -1, 1],
        [0, BEFORE, NO_ROW, 0, 7, 0],
        [2, BEFORE, NO_ROW, NO_ROW, 8, 2],
    ]


def test_no_more_processes_than_there_may_be() -> None:
    *_, count = followed([(0, CYCLE, 1)] * 30, state(1))

    assert count == MOST + 1
