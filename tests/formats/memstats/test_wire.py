"""Fields of MemStats out of objects: by columns and one by one, always the same."""

from __future__ import annotations

import json
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.formats.json_objects import together
from pipeline.formats.memstats.recognise import WANTED
from pipeline.formats.memstats.wire import INTEGERS, ROWS, has_memstats, integer, moments, values_of
from tests.builders.memstats import lines, memstats


def read(*objects: Any) -> tuple[pl.DataFrame, list[tuple[str, int]]]:
    frame, notes = moments(together([(0, lines(*objects))], wanted=WANTED))
    assert dict(frame.schema) == ROWS
    return frame, [(note.kind, note.count) for note in notes]


def alone(*objects: Any) -> list[tuple[Any, ...]]:
    """The same objects, each read by itself."""
    return [read(one)[0].drop("row").row(0) for one in objects]


def test_columns_say_what_is_said_one_by_one() -> None:
    objects = [memstats(cycles, GCCPUFraction=cycles / 7) for cycles in (0, 1, 3, 255, 256, 257, 300, 100_000)]

    frame, notes = read(*objects)

    assert frame.drop("row").rows() == alone(*objects)
    assert frame["row"].to_list() == list(range(8))
    assert notes == []


def test_every_field_is_read() -> None:
    frame, _ = read(*[memstats(3) for _ in range(6)])

    for name in INTEGERS:
        assert frame[name].to_list() == [memstats(3)[name]] * 6
    assert frame["PauseNs"][0].to_list() == memstats(3)["PauseNs"]
    assert frame["BySize"][0].to_list() == memstats(3)["BySize"]


ODD = {
    "missing": {"Alloc": 1, "TotalAlloc": 2, "NumGC": 3},
    "null": memstats(3, HeapAlloc=None, PauseNs=None, BySize=None, GCCPUFraction=None),
    "a whole float": memstats(3, HeapAlloc=1.2345e7),
    "a fraction": memstats(3, HeapAlloc=1.5),
    "negative": memstats(3, HeapAlloc=-1),
    "beyond 63 bits": memstats(3, HeapAlloc=2**63),
    "beyond 64 bits": memstats(3, HeapAlloc=2**64),
    "beyond everything": memstats(3, HeapAlloc=10**400, GCCPUFraction=10**400),
    "text": memstats(3, HeapAlloc="1"),
    "true": memstats(3, HeapAlloc=True, GCCPUFraction=True),
    "an array": memstats(3, HeapAlloc=[1], GCCPUFraction={}),
    "no rings": memstats(3, PauseNs=5, PauseEnd={"a": 1}, BySize=7),
    "odd rings": memstats(3, PauseNs=[-1, "x", None, 2**63, 1.0], BySize=[1, None, {"Size": -8, "Mallocs": "x"}, {}]),
}


@pytest.mark.parametrize("name", ODD)
def test_odd_values_are_the_same_however_they_are_read(name: str) -> None:
    sound = [memstats(cycles) for cycles in range(20)]

    frame, _ = read(*sound[:10], ODD[name], *sound[10:])

    assert frame.drop("row").rows() == alone(*sound[:10], ODD[name], *sound[10:])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a whole float", (12345000, 0)),
        ("a fraction", (None, 1)),
        ("negative", (None, 1)),
        ("beyond 63 bits", (None, 1)),
        ("beyond 64 bits", (None, 1)),
        ("text", (None, 0)),
        ("true", (None, 0)),
        ("null", (None, 0)),
    ],
)
def test_a_number_is_kept_whole_or_counted(name: str, expected: tuple[int | None, int]) -> None:
    frame, _ = read(ODD[name])

    assert frame.select("HeapAlloc", "unfit").row(0) == expected


NUMBERS = st.sampled_from(
    [0, 1, 2**31, 2**53 + 1, 2**63 - 1, 2**63, 2**64, -1, 1.5, 2.0, 1e300, None, "1", True, [], {}]
)
TIMES = st.sampled_from([None, "2026-01-01T00:00:00Z", "x", 5, 1767225600, 1767225600.5, -(2**70), [], True])


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries(
            {"TotalAlloc": st.integers(0, 9), "NumGC": st.integers(0, 9), "Sys": st.integers(0, 9)},
            optional={"HeapAlloc": NUMBERS, "LastGC": NUMBERS, "GCCPUFraction": NUMBERS, "time": TIMES, "t": TIMES},
        ),
        min_size=5,
        max_size=12,
    ),
    st.sampled_from([(), ("mem",), ("a", "b")]),
)
def test_any_lines_are_the_same_however_they_are_read(objects: list[dict[str, Any]], path: tuple[str, ...]) -> None:
    for name in reversed(path):
        objects = [{name: one, "ts": place} for place, one in enumerate(objects)]

    assert read(*objects)[0].drop("row").rows() == alone(*objects)


def test_lines_of_several_shapes_are_read_together() -> None:
    objects = [memstats(1), {"mem": memstats(2)}, {"a": {"b": memstats(3)}}, {"mem": 5, **memstats(4)}] * 3

    frame, notes = read(*objects)

    assert frame["NumGC"].to_list() == [1, 2, 3, 4] * 3
    assert notes == []


def test_lines_without_memstats_are_noted() -> None:
    frame, notes = read(memstats(1), {"HeapAlloc": 1}, memstats(2))

    assert frame["row"].to_list() == [0, 2]
    assert notes == [("other_lines", 1)]


def test_a_broken_line_harms_no_other() -> None:
    content = [json.dumps(memstats(cycles)).encode() for cycles in range(40)]
    content[17] = content[17][:500]
    content[30] += b"}"

    frame, notes = moments(together([(0, b"\n".join(content))], wanted=WANTED))

    assert frame["NumGC"].to_list() == [cycles for cycles in range(40) if cycles not in (17, 30)]
    assert [(note.kind, note.count) for note in notes] == [("malformed_line", 2)]
    assert notes[0].example.startswith("18: ")


def test_memstats_have_three_fields_of_which_one_is_nobody_elses() -> None:
    assert has_memstats({"Alloc": 1, "Sys": 2, "NumGC": 3})
    assert not has_memstats({"Alloc": 1, "Sys": 2, "Mallocs": 3, "Frees": 4})
    assert not has_memstats({"HeapAlloc": 1, "NumGC": 3})
    assert not has_memstats({"HeapAlloc": True, "NumGC": "3", "Sys": None, "HeapSys": 1})


def test_a_whole_number_of_63_bits_is_one() -> None:
    assert [integer(one) for one in (0, 2**63 - 1, 3.0, 1e18)] == [0, 2**63 - 1, 3, 10**18]
    assert [integer(one) for one in (-1, 2**63, 0.5, float("inf"), float("nan"), "1", None, True)] == [None] * 8


def test_fields_stand_in_their_order() -> None:
    assert len(values_of({})) == len(ROWS) - 4
    assert values_of({"Alloc": 7})[0] == 7
