"""Bars as Grafana takes them."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

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


def test_a_name_stands_once_and_nothing_is_one_bar() -> None:
    twice = bars((0, 0, 0, 0, 0, 4, 0, "total"), (1, 0, 0, 0, 0, 4, 2, "f"), (2, 0, 0, 0, 2, 2, 2, "f"))
    nothing = bars((0, 0, 0, 0, 0, 0, 0, "total"))

    assert list(graphs.single(twice).names) == ["total", "f"]
    assert [list(level.values) for level in graphs.single(nothing).levels] == [[0, 0, 0, 0]]
    assert list(graphs.single(nothing).names) == ["total"]


def test_the_sum_of_two_largest_sides_is_a_number_of_64_bits() -> None:
    most = (1 << 63) - 1

    assert graphs.double(bars((0, 0, most, 0, 0, most, 0, "total"))).total == most
