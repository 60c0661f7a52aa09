"""Rows of a flame graph as a tree of rectangles: who is above whom, and how wide; assets/flamegraph.js has the same rules."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import SchemaError, UsageError
from pipeline.values import Bools, Int64s, Result

_REQUIRED: Final = ("level", "value", "self", "label")
# Of a column: what is narrower for rounding alone is as wide.
_ROUNDING: Final = 1e-9

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Rectangles:
    """Nodes that are at least a column wide where they are drawn, in depth-first order.

    row       0 for the top
    is_faint  narrower than a column, and drawn in one because others like it lie beside it
    hidden    how many nodes within the rows have no column
    """

    node: Int64s
    row: Int64s
    left: Int64s
    right: Int64s
    is_faint: Bools
    hidden: int


@dataclass(frozen=True, slots=True, eq=False)
class FlameTree:
    """A flame graph: columns with a value for each node, in depth-first order.

    parent  -1 for the root
    end     the first node behind those below
    x       where it begins, in the unit of `width`
    before, before_self   zeros unless it is a comparison
    """

    result: Result
    level: Int64s
    parent: Int64s
    end: Int64s
    width: Floats
    x: Floats
    value: Int64s
    self: Int64s
    before: Int64s
    is_diff: bool

    def rectangles(self, *, focus: int, columns: int, top: int, rows: int) -> Rectangles:
        """What is seen of a node and those below it in so many columns, from a row below it on."""
        nodes = np.arange(focus, self.end[focus])
        row = self.level[nodes] - self.level[focus] - top
        within = (row >= 0) & (row < rows)
        nodes, row = nodes[within], row[within]
        scale = columns / self.width[focus] if self.width[focus] else 0.0
        begin = (self.x[nodes] - self.x[focus]) * scale
        left = np.floor(begin + _ROUNDING).astype(np.int64)
        right = np.floor(begin + self.width[nodes] * scale + _ROUNDING).astype(np.int64)
        shown = right > left
        faint = self.width[nodes] * scale < 1 - _ROUNDING
        return Rectangles(
            nodes[shown], row[shown], left[shown], right[shown], faint[shown], int(len(nodes) - shown.sum())
        )

    def depth(self, node: int) -> int:
        """How many levels there are below a node."""
        return int(self.level[node : self.end[node]].max() - self.level[node])

    def children(self, node: int) -> list[int]:
        """The nodes right below, left to right."""
        inside = np.arange(node + 1, self.end[node])
        found: list[int] = inside[self.level[inside] == self.level[node] + 1].tolist()
        return found

    def path(self, node: int) -> list[int]:
        """The nodes from the root to this one."""
        found = []
        while node >= 0:
            found.append(node)
            node = int(self.parent[node])
        return found[::-1]

    def matching(self, pattern: str) -> Int64s:
        """Nodes whose label a regular expression finds; without a capital letter it finds capitals too.

        Raises UsageError for what is none.
        """
        try:
            # RE2, which takes no more than linear time.
            found = pc.match_substring_regex(
                self.result.table["label"], pattern, ignore_case=pattern == pattern.lower()
            )
        except pa.ArrowInvalid as error:
            raise UsageError(f"{pattern!r} is not a regular expression") from error
        return np.flatnonzero(pc.fill_null(found, pa.scalar(value=False)).to_numpy()).astype(np.int64)

    def held_by(self, nodes: Int64s) -> int:
        """The values of some nodes, in order, each counted once: of those within another one, only that."""
        ends = np.maximum.accumulate(self.end[nodes]) if len(nodes) else nodes
        is_outermost = np.ones(len(nodes), np.bool_)
        is_outermost[1:] = nodes[1:] >= ends[:-1]
        return sum(self.value[nodes[is_outermost]].tolist())

    def text(self, node: int, column: str) -> str:
        """What a column says of a node, empty for NULL and where there is no such column."""
        if column not in self.result.table.schema.names:
            return ""
        value = self.result.table[column][node].as_py()
        return "" if value is None else str(value)


def flame_tree(result: Result) -> FlameTree:
    """The tree of rows with one root; raises SchemaError for what is none."""
    level = levels(result)
    found = values(result.table)
    value, own = found["value"], found["self"]
    is_diff = "valueRight" in found
    before = value if is_diff else np.zeros_like(value)
    after, own_after = (found["valueRight"], found["selfRight"]) if is_diff else (value, own)
    weight = np.abs(after.astype(np.float64)) + np.abs(before.astype(np.float64))
    own_weight = np.abs(own_after.astype(np.float64)) + (np.abs(own.astype(np.float64)) if is_diff else 0.0)
    by_level = _by_level(level)
    parent = _parents(by_level)
    width, size = _widths(by_level, parent, weight, own_weight)
    end = np.arange(len(level)) + size
    x = _begins(by_level, parent, width)
    # Texts are looked up node by node.
    held = Result(result.name, result.columns, result.table.combine_chunks())
    return FlameTree(held, level, parent, end, width, x, after, own_after, before, is_diff)


def levels(tree: Result) -> Int64s:
    """The levels, checked to be one tree in depth-first order."""
    missing = [name for name in _REQUIRED if name not in tree.table.schema.names]
    if missing:
        names = ", ".join(tree.table.schema.names)
        raise SchemaError(f"{tree.name}: has no column {', '.join(missing)}, only {names}; a flame tree needs them.")
    levels = integers(tree.table, "level")
    steps = np.diff(levels)
    wrong = np.flatnonzero((levels[1:] < 1) | (steps > 1))
    if levels[0] != 0 or len(wrong):
        row = int(wrong[0]) + 1 if levels[0] == 0 else 0
        raise SchemaError(
            f"{tree.name}, row {row}: level {levels[row]} cannot stand here; rows must be in depth-first order"
            f" below one root at level 0. ORDER BY is missing, or there are several roots."
        )
    return levels


def values(table: pa.Table) -> dict[str, Int64s]:
    """`value` and `self`, of a comparison `valueRight` and `selfRight` too."""
    names = ["value", "self"]
    if {"valueRight", "selfRight"} <= set(table.schema.names):
        names += ["valueRight", "selfRight"]
    return {name: integers(table, name) for name in names}


def integers(table: pa.Table, name: str) -> Int64s:
    """A column of numbers of any kind, NULL being 0."""
    is_decimal = pa.types.is_decimal(table.schema.field(name).type)
    column = table.column(name).cast(pa.float64(), safe=False) if is_decimal else table.column(name)
    found = column.to_numpy()
    if found.dtype.kind == "f":
        found = np.rint(np.nan_to_num(found))
    return found.astype(np.int64)


# Below, a step for each level: nodes of one level are looked at together.


def _by_level(level: Int64s) -> list[Int64s]:
    """The nodes of each level, left to right."""
    order = np.argsort(level, kind="stable")
    return np.split(order, np.searchsorted(level[order], np.arange(1, int(level.max()) + 1)))


def _parents(by_level: list[Int64s]) -> Int64s:
    parent = np.full(sum(map(len, by_level)), -1, np.int64)
    for above, nodes in pairwise(by_level):
        parent[nodes] = above[np.searchsorted(above, nodes) - 1]
    return parent


def _widths(by_level: list[Int64s], parent: Int64s, weight: Floats, own: Floats) -> tuple[Floats, Int64s]:
    """How wide each node is, and how many there are from it on down.

    Growth can be negative below a positive node, so a width is what the absolute parts need.
    """
    inside = np.zeros(len(weight))
    width = np.zeros(len(weight))
    size = np.ones(len(weight), np.int64)
    for nodes in reversed(by_level):
        width[nodes] = np.maximum(weight[nodes], own[nodes] + inside[nodes])
        if parent[nodes[0]] >= 0:
            np.add.at(inside, parent[nodes], width[nodes])
            np.add.at(size, parent[nodes], size[nodes])
    return width, size


def _begins(by_level: list[Int64s], parent: Int64s, width: Floats) -> Floats:
    x = np.zeros(len(width))
    for nodes in by_level[1:]:
        sums = np.cumsum(width[nodes]) - width[nodes]
        above = parent[nodes]
        is_first = np.ones(len(nodes), np.bool_)
        is_first[1:] = above[1:] != above[:-1]
        starts = np.flatnonzero(is_first)
        of_first = np.repeat(sums[starts], np.diff(np.append(starts, len(nodes))))
        x[nodes] = x[above] + sums - of_first
    return x
