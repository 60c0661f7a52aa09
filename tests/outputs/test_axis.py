"""Steps that people count in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.outputs import axis

AT = 1_763_932_440.0  # 2025-11-23 21:14:00 UTC
NUMBERS = st.floats(allow_nan=False, allow_infinity=False, width=64)


def texts(ticks: list[axis.Tick]) -> list[str]:
    return [" ".join(filter(None, tick[1:])).replace("\u00a0", " ") for tick in ticks]


@pytest.mark.parametrize(
    ("low", "high", "unit", "wanted"),
    [
        (0, 460 * 2**20, "bytes", ["0 B", "100.0 MiB", "200.0 MiB", "300.0 MiB", "400.0 MiB"]),
        (0, 700_000, "nanoseconds", ["0 ns", "200.00 µs", "400.00 µs", "600.00 µs"]),
        (-3, 10, "count", ["0", "5", "10"]),
        (0, 0.5, "count", ["0", "0.1", "0.2", "0.3", "0.4", "0.5"]),
        (7, 7, "count", ["7"]),
    ],
)
def test_values_are_round_in_their_unit(low: float, high: float, unit: str, wanted: list[str]) -> None:
    assert texts(axis.ticks(low, high, unit=unit, most=6)) == wanted


@pytest.mark.parametrize(
    ("seconds", "wanted"),
    [
        (50, ["21:14:00 2025-11-23", "21:14:10", "21:14:20", "21:14:30", "21:14:40", "21:14:50"]),
        (3 * 3600, ["22:00 2025-11-23", "23:00", "00:00 2025-11-24"]),
        (60 * 86400, ["2025-12-04", "2025-12-18", "2026-01-01", "2026-01-15"]),
        (0.004, ["21:14:00 2025-11-23", "21:14:00.001", "21:14:00.002", "21:14:00.003", "21:14:00.004"]),
    ],
)
def test_times_are_what_clocks_show_with_each_date_once(seconds: float, wanted: list[str]) -> None:
    assert texts(axis.time_ticks(AT, AT + seconds, most=5)) == wanted


def test_a_time_that_no_calendar_has_is_a_number() -> None:
    assert [tick.below for tick in axis.time_ticks(0.0, 1e18, most=4)] == ["", "", ""]


@given(NUMBERS, NUMBERS, st.sampled_from(["bytes", "count", "nanoseconds"]), st.integers(2, 12))
def test_there_are_never_more_steps_than_there_is_room_for(one: float, other: float, unit: str, most: int) -> None:
    low, high = sorted((one, other))

    for found in (axis.ticks(low, high, unit=unit, most=most), axis.time_ticks(low, high, most=most)):
        assert len(found) <= most + 2
        assert [tick.value for tick in found] == sorted(tick.value for tick in found)
