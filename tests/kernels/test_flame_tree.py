"""Folding stacks against a tree of dictionaries."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.kernels.flame_tree import depth_first, fold_stacks

MOST = (1 << 63) - 1
Stack = tuple[list[tuple[int, int]], int, int]


def fold(stacks: list[Stack]) -> list[tuple[Any, ...]]:
    """Rows of level, name, line, stack, values and own weights."""
    depths = [len(frames) for frames, _, _ in stacks]
    flat = [frame for frames, _, _ in stacks for frame in frames]
    levels, names, lines, ids, value, own = fold_stacks(
        np.cumsum([0, *depths]),
        np.array([name for name, _ in flat], np.int32),
        np.array([line for _, line in flat], np.int64),
        np.array([[left for _, left, _ in stacks], [right for _, _, right in stacks]], np.int64).reshape(2, -1),
        np.arange(len(stacks), dtype=np.int32),
    )
    columns = [levels, names, lines, ids, *value, *own]
    return list(zip(*(column.tolist() for column in columns), strict=True))


def twin(stacks: list[Stack]) -> list[tuple[Any, ...]]:
    """The same, node by node: all stacks whose names begin with the node's path."""
    paths = {tuple(name for name, _ in frames[:level]) for frames, _, _ in stacks for level in range(len(frames) + 1)}
    rows = []
    for path in sorted(paths | {()}):
        level = len(path)
        inside = [(place, one) for place, one in enumerate(stacks) if tuple(n for n, _ in one[0][:level]) == path]
        ends = [(place, one) for place, one in inside if len(one[0]) == level]
        lines = {one[0][level - 1][1] for _, one in inside} if level else set()
        line = lines.pop() if len(lines) == 1 else -1
        sums = [clamped(sum(one[side] for _, one in some)) for some in (inside, ends) for side in (1, 2)]
        stack = ends[0][0] if len(ends) == 1 else -1
        rows.append((level, path[-1] if path else -1, line if line > 0 else -1, stack, *sums))
    return rows


def clamped(value: int) -> int:
    return min(max(value, -MOST - 1), MOST)


weights = st.one_of(st.integers(-100, 100), st.sampled_from([MOST, -MOST - 1, MOST - 1, 1 << 62]))
frames = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), max_size=6)


@given(st.lists(st.tuples(frames, weights, weights), max_size=12))
def test_nodes_and_their_sums_are_those_of_all_stacks_through_them(stacks: list[Stack]) -> None:
    assert fold(stacks) == twin(stacks)


@given(st.lists(st.lists(st.integers(0, 3), max_size=6), max_size=40))
def test_stacks_are_ordered_by_their_names_from_the_root(stacks: list[list[int]]) -> None:
    offsets = np.cumsum([0, *map(len, stacks)])
    names = np.array([name for one in stacks for name in one], np.int32)

    order = depth_first(offsets, names)

    assert sorted(order.tolist()) == list(range(len(stacks)))
    assert [stacks[place] for place in order] == sorted(stacks)


def test_a_sum_that_does_not_fit_is_the_nearest_that_does() -> None:
    caller = [(1, 7)]

    root, node = fold([(caller, MOST, -MOST), (caller, 5, -MOST), ([], -6, 1)])

    assert root == (0, -1, -1, 2, MOST - 1, -MOST - 1, -6, 1)
    assert node == (1, 1, 7, -1, MOST, -MOST - 1, MOST, -MOST - 1)
