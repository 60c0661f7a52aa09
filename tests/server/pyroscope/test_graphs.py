"""Bars as Grafana takes them."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from pipeline.server.pyroscope import graphs
from pipeline.values import Result

NAMES = ("level", "shift", "value", "self", "shiftRight", "valueRight", "selfRight", "label")


def bars(*rows: tuple[Any, ...]) -> Result:
    return Result(
        "bars", (), pa.table({name: list(column) for name, column in zip(NAMES, zip(*rows, strict=True), strict=True)})
    )


# main, 2 of its own, calls f and g: the example of serve-protocol.
BOTH = bars(
    (0, 0, 10, 0, 0, 14, 0, "total"),
    (1, 0, 10, 2, 0, 14, 0, "main"),
    (2, 2, 5, 5, 0, 5, 5, "f"),
    (2, 0, 3, 3, 0, 9, 9, "g"),
)


def test_one_graph_is_the_right_side() -> None:
    graph = graphs.single(BOTH)

    assert list(graph.names) == ["total", "main", "f", "g"]
    assert [list(level.values) for level in graph.levels] == [[0, 14, 0, 0], [0, 14, 0, 1], [0, 5, 5, 2, 0, 9, 9, 3]]
    assert (graph.total, graph.max_self) == (14, 9)


def test_a_difference_has_seven_numbers_a_bar() -> None:
    graph = graphs.double(BOTH)

    assert [list(level.values) for level in graph.levels] == [
        [0, 10, 0, 0, 14, 0, 0],
        [0, 10, 2, 0, 14, 0, 1],
        [2, 5, 5, 0, 5, 5, 2, 0, 3, 3, 0, 9, 9, 3],
    ]
    assert (graph.total, graph.max_self, graph.leftTicks, graph.rightTicks) == (24, 9, 10, 14)


def placed(found: Result, *places: int) -> Result:
    return Result("bars", (), found.table.append_column("node_index", pa.array(places)))


def test_a_tree_is_its_nodes_in_depth_first_order_under_a_nameless_root() -> None:
    left = bars(
        (0, 0, 0, 0, 0, 10, 0, "total"),
        (1, 0, 0, 0, 0, 10, 2, "main"),
        (2, 0, 0, 0, 2, 5, 5, "f"),
        (2, 0, 0, 0, 0, 3, 3, "g"),
    )
    two = bars(
        (0, 0, 0, 0, 0, 300, 0, "total"),
        (1, 0, 0, 0, 0, 200, 0, "a"),
        (1, 0, 0, 0, 0, 100, 100, "b"),
        (2, 0, 0, 0, 0, 200, 200, "c"),
    )

    assert graphs.tree(placed(left, 0, 1, 2, 3)) == b"\x00\x00\x01\x04main\x02\x02\x01f\x05\x00\x01g\x03\x00"
    assert graphs.tree(placed(two, 0, 1, 3, 2)) == b"\0\0\2\1a\0\1\1c\xc8\1\0\1b\x64\0"
    assert graphs.tree(placed(bars((0, 0, 0, 0, 0, 0, 0, "total")), 0)) == b""


@pytest.mark.parametrize(
    ("kind", "units", "rate"),
    [
        ("memory:inuse_space:bytes:space:bytes", "bytes", 100),
        ("memory:inuse_objects:count:space:bytes", "objects", 100),
        ("process_cpu:cpu:nanoseconds:cpu:nanoseconds", "samples", 1_000_000_000),
    ],
)
def test_json_says_what_its_numbers_count(kind: str, units: str, rate: int) -> None:
    told = graphs.flamebearer(graphs.single(BOTH), kind)

    assert told["metadata"] == {
        "format": "single",
        "spyName": "gospy",
        "sampleRate": rate,
        "units": units,
        "name": kind.split(":")[1],
    }
    assert told["flamebearer"] == {
        "names": ["total", "main", "f", "g"],
        "levels": [[0, 14, 0, 0], [0, 14, 0, 1], [0, 5, 5, 2, 0, 9, 9, 3]],
        "numTicks": 14,
        "maxSelf": 9,
    }


def test_json_of_a_difference_has_both_sides() -> None:
    told = graphs.flamebearer(graphs.double(BOTH), "memory:inuse_space:bytes:space:bytes")

    assert (told["leftTicks"], told["rightTicks"]) == (10, 14)
    assert "'format': 'double'" in str(told["metadata"])


def test_a_name_stands_once_and_nothing_is_one_bar() -> None:
    twice = bars((0, 0, 0, 0, 0, 4, 0, "total"), (1, 0, 0, 0, 0, 4, 2, "f"), (2, 0, 0, 0, 2, 2, 2, "f"))
    nothing = bars((0, 0, 0, 0, 0, 0, 0, "total"))

    assert list(graphs.single(twice).names) == ["total", "f"]
    assert [list(level.values) for level in graphs.single(nothing).levels] == [[0, 0, 0, 0]]
    assert list(graphs.single(nothing).names) == ["total"]


def test_the_sum_of_two_largest_sides_is_a_number_of_64_bits() -> None:
    most = (1 << 63) - 1

    assert graphs.double(bars((0, 0, most, 0, 0, most, 0, "total"))).total == most
