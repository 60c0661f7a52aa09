"""runtime/metrics out of JSON: by columns and one by one, always the same."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.formats.json_objects import together
from pipeline.formats.metrics.recognise import WANTED
from pipeline.formats.metrics.wire import HISTOGRAMS, MOMENTS, SCALARS, has_metrics, read, read_of, scalar
from tests.builders.memstats import lines, metrics

Moment = tuple[Any, ...]


def told(*objects: Any) -> tuple[list[tuple[Moment, list[Moment], list[Moment]]], list[tuple[str, int]]]:
    """Of every moment its own row, its scalars and its histograms, less the number of the row."""
    found, notes = read(together([(0, lines(*objects))], wanted=WANTED))
    assert (dict(found.moments.schema), dict(found.scalars.schema), dict(found.histograms.schema)) == (
        *(MOMENTS, SCALARS, HISTOGRAMS),
    )
    moments = [
        (
            row[1:],
            sorted((one[1:] for one in found.scalars.rows() if one[0] == row[0]), key=str),
            sorted((one[1:] for one in found.histograms.rows() if one[0] == row[0]), key=str),
        )
        for row in found.moments.rows()
    ]
    return moments, [(note.kind, note.count) for note in notes]


def alone(*objects: Any) -> list[tuple[Moment, list[Moment], list[Moment]]]:
    return [moment for one in objects for moment in told(one)[0]]


def test_every_value_is_read() -> None:
    ((own, scalars, histograms),), notes = told(metrics())

    assert own == ("2026-01-01T00:00:00.5Z", None, None, 0)
    assert scalars == [
        ("/cpu/classes/idle:cpu-seconds", None, 1.5),
        ("/gc/gogc:percent", None, 18446744073709551615.0),
        ("/gc/heap/allocs:bytes", 9000, 9000.0),
        ("/gc/heap/live:bytes", 4096, 4096.0),
    ]
    assert histograms == [("/gc/pauses:seconds", [0, 2, 3], [None, 0.0, 1e-6, None], None)]
    assert notes == []


def test_columns_say_what_is_said_one_by_one() -> None:
    objects = [metrics(time=f"2026-01-01T00:00:{second:02}Z") for second in range(30)]

    assert told(*objects)[0] == alone(*objects)


VALUE = {
    "/gc/heap/live:bytes": 1,
    "/cpu/classes/idle:cpu-seconds": 0.5,
    "/gc/pauses:seconds": {"counts": [1], "buckets": [0, 1]},
}
ODD: dict[str, Any] = {
    "a new name": VALUE | {"/gc/new:things": 5},
    "a new histogram": VALUE | {"/sched/new:seconds": {"counts": [1], "buckets": [None, 1]}},
    "a name less": {"/gc/heap/live:bytes": 3},
    "a fraction": VALUE | {"/gc/heap/live:bytes": 1.5},
    "negative": VALUE | {"/gc/heap/live:bytes": -1},
    "beyond 64 bits": VALUE | {"/gc/heap/live:bytes": 2**64},
    "beyond everything": VALUE | {"/gc/heap/live:bytes": 10**400},
    "whole seconds": VALUE | {"/cpu/classes/idle:cpu-seconds": 2},
    "text": VALUE | {"/gc/heap/live:bytes": "1"},
    "null": VALUE | {"/gc/heap/live:bytes": None, "/gc/pauses:seconds": None},
    "a histogram of a number": VALUE | {"/gc/heap/live:bytes": {"counts": [1], "buckets": [0, 1]}},
    "a number of a histogram": VALUE | {"/gc/pauses:seconds": 5},
    "an empty histogram": VALUE | {"/gc/pauses:seconds": {}},
    "infinite bounds as text": VALUE | {"/gc/pauses:seconds": {"counts": [1], "buckets": ["-Inf", "+Inf"]}},
    "odd counts": VALUE | {"/gc/pauses:seconds": {"counts": [-1, 1.5, "x", None, 2**63], "buckets": [0, 1]}},
    "odd bounds": VALUE | {"/gc/pauses:seconds": {"counts": [1, 1], "buckets": ["x", [], True]}},
    "other names": VALUE | {"msg": "x", "a/b:c": 5, "/nobody/knows:it": 6},
}


@pytest.mark.parametrize("name", ODD)
def test_odd_values_are_the_same_however_they_are_read(name: str) -> None:
    objects = [{"ts": 5, "m": VALUE}] * 20 + [{"ts": 6, "m": ODD[name]}] + [VALUE] * 20

    assert told(*objects)[0] == alone(*objects)


def test_a_value_that_is_none_is_counted_however_it_is_read() -> None:
    objects = [{"/gc/heap/live:bytes": 1, "/gc/a:bytes": "x"}, *[{"/gc/heap/live:bytes": 1, "/gc/b:bytes": None}] * 5]

    moments, _ = told(*objects)

    assert moments == alone(*objects)
    assert [moment[-1] for moment, _, _ in moments] == [1, 0, 0, 0, 0, 0]


def test_a_name_that_comes_later_is_not_lost() -> None:
    objects = [VALUE] * 40 + [ODD["a new name"]] + [VALUE] * 39

    moments, _ = told(*objects)

    assert [len(scalars) for _, scalars, _ in moments] == [2] * 40 + [3] + [2] * 39


VALUES = st.sampled_from(
    [0, 5, 2**53 + 1, 2**63, -1, 1.5, 2.0, None, "x", True, [], {}, {"counts": [1, 2], "buckets": [None, 0, None]}]
)


@settings(max_examples=60, deadline=None)
@given(
    objects=st.lists(
        st.dictionaries(
            st.sampled_from(["/gc/a:bytes", "/gc/b:seconds", "/sched/c:seconds", "time", "msg", "t"]),
            VALUES,
            min_size=1,
        ).map(lambda one: {"/gc/heap/live:bytes": 1, **one}),
        min_size=5,
        max_size=10,
    ),
    key=st.sampled_from([None, "m"]),
)
def test_any_lines_are_the_same_however_they_are_read(objects: list[dict[str, Any]], key: str | None) -> None:
    if key:
        objects = [{key: one, "t": place} for place, one in enumerate(objects)]

    assert told(*objects)[0] == alone(*objects)


def test_lines_that_are_none_are_noted() -> None:
    found, notes = read(together([(0, b'{"/gc/a:b": 1}\n{"x": [{"/gc/a:b": 1}]}\n{"/gc/a:b": 1\n')], wanted=WANTED))

    assert found.moments["row"].to_list() == [0]
    assert sorted((note.kind, note.count) for note in notes) == [("malformed_line", 1), ("other_lines", 1)]


def test_an_object_has_metrics_when_a_name_of_the_runtimes_has_a_value() -> None:
    assert has_metrics({"/gc/heap/live:bytes": 1})
    assert has_metrics({"x": 1, "/gc/pauses:seconds": {}})
    assert not has_metrics({"/gc/heap/live:bytes": "1", "/gc/a:b": True, "/x/y:z": 1})


def test_a_number_is_whole_where_64_bits_hold_it() -> None:
    assert [scalar(one) for one in (5, 5.0, 1.5, -(2**63), 2**63, 1.8446744073709552e19)] == [
        *((5, 5.0), (5, 5.0), (None, 1.5), (-(2**63), -(2.0**63)), (None, 2.0**63), (None, 1.8446744073709552e19)),
    ]
    assert scalar(math.nan) == (None, None)
    assert scalar(math.inf) == (None, math.inf)
    assert scalar(10**400) == (None, None)


def test_nothing_is_read_of_nothing() -> None:
    assert read_of([], [], []).moments.height == 0
