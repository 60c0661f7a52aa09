"""Where in objects something stands, looked up in some and then read by columns of all."""

from __future__ import annotations

import json

import polars as pl
import pyarrow as pa

from pipeline.formats.json_objects import tables
from pipeline.formats.json_shape import Object, at, find, holders, raw_times, schema_of, shape_of, times_of

FIELDS = {"x": pa.uint64()}


def wanted(value: Object) -> bool:
    return isinstance(value.get("x"), int)


def test_the_one_nearest_to_the_top_is_found() -> None:
    assert find({"x": 1, "a": {"x": 2}}, wanted) == ()
    assert find({"b": {"c": {"x": 1}}, "z": {"x": 2}}, wanted) == ("z",)
    assert find({"b": {"c": {"d": {"x": 1}}}}, wanted) == ("b", "c", "d")
    assert find({"b": {"c": {"d": {"e": {"x": 1}}}}}, wanted) is None


def test_a_wide_object_is_not_searched_for_ever() -> None:
    wide = {f"k{number}": {"y": {"z": {}}} for number in range(50_000)}

    assert find(wide, wanted) is None


def test_times_count_from_within() -> None:
    value = {"time": "outer", "ts": 5, "a": {"t": "inner", "x": 1}}

    around = holders(value, ("a",))

    assert [path for path, _ in around] == [("a",), ()]
    assert times_of(around) == ("inner", 5, None)
    assert times_of([((), {"time": True, "ts": None, "t": 10**30})]) == (None, None, None)


def test_what_columns_read_is_what_is_read_one_by_one() -> None:
    objects = [
        {"time": "one", "a": {"x": 1, "ts": 7}},
        {"ts": 2.5, "x": 2, "t": "two"},
        {"time": "three", "a": {"x": 3, "t": "inner"}},
    ]
    texts = [json.dumps(one).encode() for one in objects]
    shape = shape_of(texts, wanted, taken=FIELDS)
    ((_, _, table),) = tables(texts, schema_of(shape, FIELDS))
    frame = pl.DataFrame(table)

    assert shape.paths == ((), ("a",))
    for row, value in enumerate(objects):
        path = find(value, wanted)
        assert path is not None
        found = frame.select(at((*path, "x")), *raw_times(path, shape)).row(row)
        assert found == (holders(value, path)[0][1]["x"], *times_of(holders(value, path)))


def test_a_field_is_nothing_that_another_stands_in() -> None:
    shape = shape_of([b'{"x": {"x": 1}}', b'{"time": {"x": 1}}', b'{"a": {"x": 1}}'], wanted, taken=FIELDS)

    assert shape.paths == (("a",),)


def test_nothing_is_found_in_what_is_no_object() -> None:
    assert shape_of([b"[", b"{}", b"null"], wanted, taken=()).paths == ()
