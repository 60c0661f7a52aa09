"""Which moments of a file are of one process."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl

from pipeline.formats.processes import first_seen, last_of, numbered, process_columns
from pipeline.formats.times import UTC_TIME

COUNTERS = ("allocated", "cycles")


def moments(*rows: tuple[int, int | None, int | None, int | None]) -> pl.DataFrame:
    """Blob, second, allocated, cycles."""
    frame = pl.DataFrame(
        rows, schema={"blob_index": pl.Int64, "at": pl.Int64, **dict.fromkeys(COUNTERS, pl.Int64)}, orient="row"
    )
    return frame.with_columns(taken_at=(pl.col("at") * 1_000_000).cast(UTC_TIME))


def told(found: pl.DataFrame) -> list[tuple[int, int, int]]:
    fresh = found.filter(~pl.col("is_carried")).sort("blob_index", "position")
    return fresh.select("blob_index", "position", "process").rows()


def test_a_counter_that_falls_is_another_process() -> None:
    found = numbered(
        moments((0, None, 5, 1), (0, None, 9, 2), (0, None, 3, 2), (0, None, 4, 3)), None, counters=COUNTERS
    )

    assert told(found) == [(0, 0, 0), (0, 1, 0), (0, 2, 1), (0, 3, 1)]


def test_a_counter_that_is_missing_is_compared_with_the_one_before() -> None:
    found = numbered(moments((0, None, 5, 1), (0, None, None, 2), (0, None, 4, None)), None, counters=COUNTERS)

    assert told(found) == [(0, 0, 0), (0, 1, 0), (0, 2, 1)]


def test_every_file_counts_for_itself() -> None:
    found = numbered(moments((0, None, 9, 9), (2, None, 1, 1), (2, None, 2, 2)), None, counters=COUNTERS)

    assert told(found) == [(0, 0, 0), (2, 0, 0), (2, 1, 0)]


def test_moments_that_have_a_time_are_compared_in_its_order() -> None:
    found = numbered(moments((0, 30, 9, 3), (0, 20, 5, 2), (0, 10, 1, 1)), None, counters=COUNTERS)

    assert told(found) == [(0, 0, 0), (0, 1, 0), (0, 2, 0)]


def test_a_file_goes_on_where_its_last_moments_ended() -> None:
    first = numbered(moments((4, None, 9, None), (4, None, 1, 7)), None, counters=COUNTERS)
    last = last_of(first, counters=COUNTERS)
    second = numbered(moments((4, None, None, 8), (4, None, 0, 9)), last, counters=COUNTERS)

    assert told(second) == [(4, 2, 1), (4, 3, 2)]
    assert last_of(second, counters=COUNTERS).select("position", "process", "allocated", "cycles").rows() == [
        (3, 2, 0, 9)
    ]


def test_a_process_is_told_of_once() -> None:
    first = numbered(moments((0, None, 9, 1)), None, counters=COUNTERS)
    second = numbered(moments((0, None, 10, 1), (0, None, 1, 1)), last_of(first, counters=COUNTERS), counters=COUNTERS)

    assert first_seen(first, None)["process"].to_list() == [0]
    seen = first_seen(second.filter(~pl.col("is_carried")), last_of(first, counters=COUNTERS))
    assert seen.select("process", "prefix", "started_at", "started_by").rows() == [(1, "", None, None)]


def test_processes_are_rows() -> None:
    known = pl.DataFrame(
        {
            "blob_index": [3],
            "process": [1],
            "prefix": ["a"],
            "started_at": [datetime(2026, 1, 1, tzinfo=UTC)],
            "started_by": ["metric"],
        }
    )

    columns = process_columns(known)

    assert list(columns["blob_index"]) == [3]
    assert columns["started_at"].to_pylist() == [datetime(2026, 1, 1, tzinfo=UTC)]  # type: ignore[union-attr]


def test_nothing_is_followed_by_nothing() -> None:
    found = numbered(moments(), None, counters=COUNTERS)

    assert last_of(found, counters=COUNTERS).height == 0
