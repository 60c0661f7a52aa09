"""What of an answer is drawn, and over what."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest

from pipeline.outputs.chart import chart, layers
from tests.outputs.builder import result

MINUTES = pa.array([datetime(2026, 11, 23, 21, minute) for minute in (2, 0, 1)], pa.timestamp("us"))
AT_21 = 1_795_467_600.0


def test_numbers_are_lines_over_time_in_its_order() -> None:
    drawn = chart(result("t", {"taken_at": MINUTES, "inuse_bytes": [3, 1, 2], "alloc_bytes": [30, 10, 20]}))

    assert drawn == {
        "unit": "bytes",
        "time": True,
        "kind": "line",
        "across": "taken_at",
        "x": [AT_21, AT_21 + 60, AT_21 + 120],
        "series": [("inuse_bytes", [1.0, 2.0, 3.0]), ("alloc_bytes", [10.0, 20.0, 30.0])],
        "labels": [],
    }


def test_lines_that_lie_upon_others_all_the_way_are_counted() -> None:
    drawn = chart(
        result(
            "t",
            {
                "n": [1, 2, 3],
                "heap": [1000, 2000, 3000],
                "a": [10, 20, 30],
                "b": [10, 21, 31],
                "crossing": [1000, 1500, 30],
                "c": [10, None, 30],
                "nothing": pa.array([None, None, None], pa.int64()),
            },
        )
    )

    assert drawn is not None
    assert layers(drawn) == [0, 0, 1, 0, 2, 0]


def test_a_day_is_a_time() -> None:
    drawn = chart(result("t", {"n": [1], "day": [date(1970, 1, 2)]}))

    assert drawn is not None
    assert (drawn["x"], drawn["time"]) == ([86_400.0], True)


def test_a_time_that_is_not_known_is_nowhere() -> None:
    times = pa.array([None, datetime(1970, 1, 1)], pa.timestamp("us"))

    drawn = chart(result("t", {"at": times, "n": [1, 2]}))

    assert drawn is not None
    assert (drawn["x"], drawn["series"]) == ([0.0], [("n", [2.0])])


def test_text_beside_a_time_makes_a_series_of_each_name() -> None:
    drawn = chart(result("t", {"taken_at": MINUTES, "site": ["b", "a", None], "pause_ns": [3, -9, 2]}))

    assert drawn is not None
    assert drawn["unit"] == "nanoseconds"
    assert drawn["series"] == [("a", [-9.0, None, None]), ("b", [None, None, 3.0]), ("", [None, 2.0, None])]


def test_the_largest_names_are_those_that_are_drawn() -> None:
    times = pa.array([datetime(2026, 1, 1)] * 9, pa.timestamp("us"))

    drawn = chart(result("t", {"at": times, "site": list("abcdefghi"), "n": range(9)}))

    assert drawn is not None
    assert isinstance(drawn["series"], list)
    assert [name for name, _ in drawn["series"]] == list("ihgfed")


def test_without_time_the_first_of_several_numbers_is_what_the_others_are_over() -> None:
    drawn = chart(result("t", {"size": [16, 8], "objects": [1, 2]}))

    assert drawn is not None
    assert (drawn["kind"], drawn["x"], drawn["series"]) == ("line", [8.0, 16.0], [("objects", [2.0, 1.0])])


def test_names_and_numbers_are_bars_in_the_order_of_the_rows() -> None:
    drawn = chart(result("t", {"service": ["b", None], "n": [1, 2], "series_id": [7, 8], "growth_bytes": [3, 4]}))

    assert drawn == {
        "unit": "count",
        "time": False,
        "kind": "bars",
        "across": "",
        "x": [0, 1],
        "labels": ["b", ""],
        # Bytes are not counts, and an id is no number.
        "series": [("n", [1.0, 2.0])],
    }


def test_what_json_has_no_number_for_is_left_out() -> None:
    drawn = chart(result("t", {"n": [float("nan"), float("inf"), None, 1.5]}))

    assert drawn is not None
    assert drawn["series"] == [("n", [None, None, None, 1.5])]


def test_numbers_of_every_type_are_drawn() -> None:
    columns = {
        "n": pa.array([2**63 + 1], pa.uint64()),
        "m": pa.array([Decimal("1.5")], pa.decimal128(38, 1)),
        "k": pa.array([1], pa.int8()),
    }

    drawn = chart(result("t", columns))

    assert drawn is not None
    assert (drawn["x"], drawn["series"]) == ([float(2**63)], [("m", [1.5]), ("k", [1.0])])


@pytest.mark.parametrize(
    "columns",
    [{}, {"name": ["a"]}, {"n": pa.array([], pa.int64())}, {"taken_at": MINUTES}, {"at": [True], "list": [[1]]}],
    ids=["nothing", "text", "no rows", "time alone", "others"],
)
def test_there_may_be_nothing_to_draw(columns: dict[str, object]) -> None:
    assert chart(result("t", columns)) is None


def test_columns_of_one_name_are_not_told_apart_and_not_drawn() -> None:
    table = pa.table([pa.array([1]), pa.array([2])], names=["n", "n"])

    assert chart(result("t", {}).__class__("t", (), table)) is None
