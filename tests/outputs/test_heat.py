"""The heat map's cells."""

from __future__ import annotations

from pipeline.outputs.heat import size_classes
from tests.outputs.builder import result


def test_each_class_has_a_cell_for_every_moment_and_nothing_where_no_row_is() -> None:
    rows = {
        "object_bytes": [None, 1024, 1024],
        "position": [1, 0, 1],
        "taken_at": [None, None, None],
        "span_bytes": [400, 100, 0],
    }

    heat = size_classes(result("heat", rows))

    assert (heat.names, heat.held.tolist()) == (["large", "1.0\u00a0KiB"], [[0, 400], [100, 0]])
    # By the root: a quarter of the most is half as dark.
    assert heat.shades().tolist() == [[0, 1], [0.5, 0]]
    assert heat.rows()[1] == ("1.0\u00a0KiB", [(0.5, "100\u00a0B"), (0.0, "0\u00a0B")])


def test_of_no_rows_nothing_is_hot() -> None:
    heat = size_classes(result("heat", {"object_bytes": [], "position": [], "taken_at": [], "span_bytes": []}))

    assert heat.rows() == []
