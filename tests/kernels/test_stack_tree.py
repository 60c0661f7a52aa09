"""The prefix tree of stacks against a tree of dictionaries."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.kernels.stack_tree import DIFFERENT, Tree, functions_above, stack_tree

Lines = list[tuple[int, int]]


def build(stacks: list[list[int]], locations: list[Lines]) -> Tree:
    lines = [line for location in locations for line in location]
    return stack_tree(
        np.cumsum([0, *map(len, stacks)], dtype=np.int64),
        np.array([location for stack in stacks for location in stack], np.int64),
        np.cumsum([0, *map(len, locations)], dtype=np.int64),
        np.array([label for label, _ in lines], np.int64),
        np.array([line for _, line in lines], np.int64),
    )


def twin(stacks: list[list[int]], locations: list[Lines]) -> tuple[list[tuple[int, ...]], list[int]]:
    """Rows of last, parent, depth, label and line in pre-order, and where each stack ends."""
    paths = [[line for location in reversed(stack) for line in reversed(locations[location])] for stack in stacks]
    prefixes: dict[tuple[int, ...], set[int]] = {}
    for path in paths:
        for length in range(1, len(path) + 1):
            labels = tuple(label for label, _ in path[:length])
            prefixes.setdefault(labels, set()).add(path[length - 1][1])
    ordered = [(), *sorted(prefixes)]
    place = {labels: at for at, labels in enumerate(ordered)}
    rows: list[tuple[int, ...]] = [(len(ordered) - 1, -1, 0, -1, DIFFERENT)]
    for at, labels in enumerate(ordered[1:], start=1):
        below = [other for other in range(at, len(ordered)) if ordered[other][: len(labels)] == labels]
        lines = prefixes[labels]
        line = next(iter(lines)) if len(lines) == 1 else DIFFERENT
        rows.append((below[-1], place[labels[:-1]], len(labels), labels[-1], line))
    return rows, [place[tuple(label for label, _ in path)] for path in paths]


@st.composite
def shapes(draw: st.DrawFn) -> tuple[list[list[int]], list[Lines]]:
    line = st.tuples(st.integers(0, 3), st.integers(0, 2))
    locations = draw(st.lists(st.lists(line, min_size=1, max_size=3), min_size=1, max_size=5))
    stack = st.lists(st.integers(0, len(locations) - 1), max_size=6)
    return draw(st.lists(stack, max_size=8)), locations


@given(shapes())
def test_the_tree_is_its_twin(shape: tuple[list[list[int]], list[Lines]]) -> None:
    tree = build(*shape)

    rows, leaves = twin(*shape)

    columns = (tree.last, tree.parent, tree.depth, tree.label, tree.line)
    assert list(zip(*(column.tolist() for column in columns), strict=True)) == rows
    assert tree.leaf.tolist() == leaves


@given(shapes())
def test_functions_above_are_each_named_once_per_leaf(shape: tuple[list[list[int]], list[Lines]]) -> None:
    stacks, locations = shape
    paths = [[label for location in reversed(stack) for label, _ in reversed(locations[location])] for stack in stacks]
    tree = build(*shape)

    nodes, labels, at_leaf = functions_above(tree, 4)

    expected = {
        (leaf, label, label == path[-1]) for leaf, path in zip(tree.leaf.tolist(), paths, strict=True) for label in path
    }
    found = list(zip(nodes.tolist(), labels.tolist(), at_leaf.tolist(), strict=True))
    assert set(found) == expected
    assert len(found) == len(expected)


def test_no_stacks_are_a_root_alone() -> None:
    tree = build([], [[(0, 0)]])

    assert (tree.last.tolist(), tree.parent.tolist(), tree.leaf.tolist()) == ([0], [-1], [])


def test_room_grows_for_many_nodes() -> None:
    stacks = [[place] for place in range(5000)]

    tree = build(stacks, [[(place, place)] for place in range(5000)])

    assert tree.label.tolist() == [-1, *range(5000)]
    assert tree.leaf.tolist() == list(range(1, 5001))


def test_a_stack_of_a_million_frames_is_a_path() -> None:
    depth = 1_000_000 if hasattr(stack_tree, "signatures") else 10_000
    tree = build([[0] * depth], [[(0, 7)]])

    nodes, labels, at_leaf = functions_above(tree, 1)

    assert tree.depth[-1] == depth
    assert (nodes.tolist(), labels.tolist(), at_leaf.tolist()) == ([depth], [0], [True])
