"""Times as files have them: what is a moment, and what is not."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest

from pipeline.formats.times import from_integer, from_nanoseconds, from_number, from_text, taken_at

HALF = datetime(2026, 1, 1, 0, 0, 0, 500_000, UTC)


def told(expression: pl.Expr, value: object, kind: pl.DataType | type[pl.DataType]) -> datetime | None:
    return pl.DataFrame({"x": [value]}, schema={"x": kind}).select(expression)["x"][0]


@pytest.mark.parametrize(
    "text", ["2026-01-01T00:00:00.5Z", "2026-01-01T01:00:00.500000999+01:00", "2025-12-31T23:30:00.5-0030"]
)
def test_rfc_3339_is_a_moment(text: str) -> None:
    assert told(from_text(pl.col("x")), text, pl.String) == HALF


@pytest.mark.parametrize("text", ["2026-01-01T00:00:00", "2026-01-01", "now", "", "2026-13-01T00:00:00Z", "1767225600"])
def test_a_text_without_an_offset_or_without_a_time_is_none(text: str) -> None:
    assert told(from_text(pl.col("x")), text, pl.String) is None


@pytest.mark.parametrize("number", [1767225600500, 1767225600500_000, 1767225600500_000_999])
def test_the_size_of_a_whole_number_tells_its_unit(number: int) -> None:
    assert told(from_integer(pl.col("x")), number, pl.Int64) == HALF


def test_a_whole_number_of_seconds_is_a_moment() -> None:
    assert told(from_integer(pl.col("x")), 1767225600, pl.Int64) == HALF.replace(microsecond=0)


@pytest.mark.parametrize("number", [0, -1, 12, 99_999_999, -(2**63)])
def test_a_small_number_is_a_duration(number: int) -> None:
    assert told(from_integer(pl.col("x")), number, pl.Int64) is None
    assert told(from_number(pl.col("x")), float(number), pl.Float64) is None


def test_the_largest_number_is_still_nanoseconds() -> None:
    assert told(from_integer(pl.col("x")), 2**63 - 2, pl.Int64) == datetime(2262, 4, 11, 23, 47, 16, 854_775, UTC)


@pytest.mark.parametrize("number", [1767225600.5, 1767225600500.0, 1767225600500000.0, 1767225600500000000.0])
def test_a_number_with_a_fraction_is_read_the_same(number: float) -> None:
    assert told(from_number(pl.col("x")), number, pl.Float64) == HALF


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf"), 1e300])
def test_what_is_no_number_is_no_moment(number: float) -> None:
    assert told(from_number(pl.col("x")), number, pl.Float64) is None


def test_zero_nanoseconds_are_never() -> None:
    assert told(from_nanoseconds(pl.col("x")), 0, pl.Int64) is None
    assert told(from_nanoseconds(pl.col("x")), 1767225600_500_000_999, pl.Int64) == HALF


def test_text_counts_before_numbers() -> None:
    frame = pl.DataFrame(
        {
            "time_text": ["2026-01-01T00:00:00.5Z", "x", None],
            "time_integer": [5, 1767225600500, 7],
            "time_number": [None, None, 1767225600.5],
        }
    )

    assert frame.select(taken_at()).to_series().to_list() == [HALF] * 3
