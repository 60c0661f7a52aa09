from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import SchemaError, UsageError
from pipeline.outputs.flame_tree import flame_tree
from tests.outputs import builder
from tests.outputs.builder import TREE, result


def test_a_node_lies_within_the_one_above_it_behind_its_elder_siblings() -> None:
    tree = flame_tree(builder.flame_tree(TREE))

    assert tree.parent.tolist() == [-1, 0, 1, 1, 3, 0]
    assert tree.end.tolist() == [6, 5, 3, 5, 5, 6]
    assert tree.width.tolist() == [407, 400, 300, 90, 50, 7]
    assert tree.x.tolist() == [0, 0, 0, 300, 300, 400]


def test_what_shrank_below_what_grew_makes_the_node_above_wide_enough_for_both() -> None:
    tree = flame_tree(builder.flame_tree("all 0 0\n  main.grow 5 9\n  main.gone 3 0"))

    assert (tree.is_diff, tree.before.tolist(), tree.value.tolist()) == (True, [8, 5, 3], [9, 9, 0])
    assert tree.width.tolist() == [17, 14, 3]


def test_rectangles_of_a_row_tile_it_and_what_has_no_column_is_counted() -> None:
    tree = flame_tree(builder.flame_tree(TREE))

    found = tree.rectangles(focus=0, columns=40, top=0, rows=3)

    boxes = zip(found.node.tolist(), found.row.tolist(), found.left.tolist(), found.right.tolist(), strict=True)
    assert list(boxes) == [(0, 0, 0, 40), (1, 1, 0, 39), (2, 2, 0, 29), (3, 2, 29, 38), (5, 1, 39, 40)]
    assert found.is_faint.tolist() == [False, False, False, False, True]
    assert found.hidden == 0
    assert (
        flame_tree(builder.flame_tree("all 0\n  a 1\n  b 1\n  c 98"))
        .rectangles(focus=0, columns=40, top=0, rows=2)
        .hidden
        == 2
    )


def test_a_focus_is_as_wide_as_the_terminal_and_a_top_leaves_rows_above_out() -> None:
    tree = flame_tree(builder.flame_tree(TREE))

    found = tree.rectangles(focus=3, columns=9, top=1, rows=5)

    assert (found.node.tolist(), found.row.tolist(), found.left.tolist(), found.right.tolist()) == ([4], [0], [0], [5])


def test_ways_through_the_tree() -> None:
    tree = flame_tree(builder.flame_tree(TREE))

    assert (tree.depth(0), tree.depth(3), tree.depth(5)) == (3, 1, 0)
    assert (tree.children(0), tree.children(1), tree.children(4)) == ([1, 5], [2, 3], [])
    assert tree.path(4) == [0, 1, 3, 4]
    assert (tree.text(4, "label"), tree.text(4, "no such column")) == ("store.grow", "")


def test_a_search_finds_labels_and_what_they_hold_counts_once() -> None:
    tree = flame_tree(builder.flame_tree(TREE))

    assert tree.matching("STORE|serve").tolist() == [3]
    assert tree.matching("store|serve").tolist() == [2, 3, 4]
    # store.grow below api.serve is within it.
    assert tree.held_by(tree.matching("store|serve")) == 390
    assert tree.held_by(tree.matching("nothing")) == 0
    with pytest.raises(UsageError, match="is not a regular expression"):
        tree.matching("(")


@pytest.mark.parametrize("levels", [[1], [0, 0], [0, 2], [0, 1, 3]])
def test_rows_that_are_no_tree_are_refused(levels: list[int]) -> None:
    count = len(levels)
    rows = result("flame.tree", {"level": levels, "value": [1] * count, "self": [1] * count, "label": ["f"] * count})

    with pytest.raises(SchemaError, match="depth-first order"):
        flame_tree(rows)


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(-(2**63), 2**63 - 1)), max_size=40), st.integers(1, 60))
def test_no_box_leaves_the_one_above_it_or_meets_another(nodes: list[tuple[int, int]], columns: int) -> None:
    levels = [0]
    for wanted, _ in nodes:
        levels.append(1 + min(wanted, levels[-1]))
    values = [0, *(value for _, value in nodes)]
    rows = result("flame.tree", {"level": levels, "value": values, "self": values, "label": ["f"] * len(levels)})

    tree = flame_tree(rows)
    found = tree.rectangles(focus=0, columns=columns, top=0, rows=10)

    place = {node: (left, right) for node, left, right in zip(found.node, found.left, found.right, strict=True)}
    taken: set[tuple[int, int]] = set()
    for node, row in zip(found.node.tolist(), found.row.tolist(), strict=True):
        left, right = place[node]
        assert 0 <= left < right <= columns
        if node:
            above = place[tree.parent[node]]
            assert above[0] <= left < right <= above[1]
        cells = {(row, column) for column in range(left, right)}
        assert not cells & taken
        taken |= cells
