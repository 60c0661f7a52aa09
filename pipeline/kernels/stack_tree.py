"""Folds stacks into a prefix tree, and numbers it so that sums need no recursion."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from pipeline.kernels import kernel
from pipeline.values import Bools, Int32s, Int64s

# A node's line when the stacks through it go by different ones.
DIFFERENT = -1


class Tree(NamedTuple):
    """Nodes in pre-order; 0 is the root above all stacks.

    last    the last node of the subtree
    parent  -1 for the root
    label   number of the name, -1 for the root
    line    the one line of all stacks, or DIFFERENT
    leaf    for each stack, the node it ends at
    """

    last: Int32s
    parent: Int32s
    depth: Int32s
    label: Int32s
    line: Int64s
    leaf: Int32s


@kernel
def stack_tree(
    stack_offsets: Int64s, stack_locations: Int64s, line_offsets: Int64s, line_label: Int64s, line_line: Int64s
) -> Tree:
    """Fold stacks into a prefix tree by label, root first.

    stack_offsets    int64 (n_stacks + 1,)     where each stack begins in `stack_locations`
    stack_locations  int64                     leaf first
    line_offsets     int64 (n_locations + 1,)  each location's lines, innermost first, at least one
    line_label       int64                     number of the name; children are in the order of these numbers
    O(frames) for the folding, O(nodes log nodes) for the order of siblings.
    """
    parent, label, line, leaf = _fold(stack_offsets, stack_locations, line_offsets, line_label, line_line)
    return _in_pre_order(parent, label, line, leaf)


@kernel
def _fold(
    stack_offsets: Int64s, stack_locations: Int64s, line_offsets: Int64s, line_label: Int64s, line_line: Int64s
) -> tuple[Int32s, Int32s, Int64s, Int32s]:
    bits = 12
    slots = np.full(1 << bits, -1, np.int32)
    room = 1 << (bits - 1)
    parent = np.empty(room, np.int32)
    label = np.empty(room, np.int32)
    line = np.empty(room, np.int64)
    parent[0], label[0], line[0] = -1, -1, DIFFERENT
    nodes = 1
    leaf = np.empty(len(stack_offsets) - 1, np.int32)
    for stack in range(len(leaf)):
        node = 0
        for ref in range(stack_offsets[stack + 1] - 1, stack_offsets[stack] - 1, -1):
            location = stack_locations[ref]
            for at in range(line_offsets[location + 1] - 1, line_offsets[location] - 1, -1):
                slot = _slot(slots, bits, parent, label, node, line_label[at])
                if slots[slot] >= 0:
                    node = slots[slot]
                    if line[node] != line_line[at]:
                        line[node] = DIFFERENT
                    continue
                slots[slot] = nodes
                parent[nodes], label[nodes], line[nodes] = node, line_label[at], line_line[at]
                node = nodes
                nodes += 1
                if nodes == room:
                    bits += 1
                    room *= 2
                    parent, label, line = _grown(parent, room), _grown(label, room), _grown(line, room)
                    slots = _rehashed(bits, parent, label, nodes)
        leaf[stack] = node
    return parent[:nodes], label[:nodes], line[:nodes], leaf


@kernel
def _slot(slots: Int32s, bits: int, parent: Int32s, label: Int32s, node: int, name: int) -> int:
    """Where the child `name` of `node` is, or the free slot it belongs in."""
    key = np.uint64(node) * np.uint64(0x9E3779B97F4A7C15) ^ np.uint64(name) * np.uint64(0xC2B2AE3D27D4EB4F)
    slot = np.int64((key * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(64 - bits))
    while slots[slot] >= 0 and (parent[slots[slot]] != node or label[slots[slot]] != name):
        slot = (slot + 1) & (len(slots) - 1)
    return slot


@kernel
def _grown(array: np.ndarray, room: int) -> np.ndarray:
    out = np.empty(room, array.dtype)
    out[: len(array)] = array
    return out


@kernel
def _rehashed(bits: int, parent: Int32s, label: Int32s, nodes: int) -> Int32s:
    slots = np.full(1 << bits, -1, np.int32)
    for node in range(1, nodes):
        slots[_slot(slots, bits, parent, label, parent[node], label[node])] = node
    return slots


@kernel
def _in_pre_order(parent: Int32s, label: Int32s, line: Int64s, leaf: Int32s) -> Tree:
    nodes = len(parent)
    size = np.ones(nodes, np.int32)
    # A parent always comes before its children, so one backward pass sums a tree.
    for node in range(nodes - 1, 0, -1):
        size[parent[node]] += size[node]
    place = np.zeros(nodes, np.int32)
    free = np.ones(nodes, np.int32)
    keys = parent.astype(np.int64) * (nodes + label.max() + 2) + label
    # numba's quicksort takes the median of three: a profile can be made that makes it quadratic.
    for node in np.argsort(keys, kind="mergesort")[1:]:
        # Siblings come in the order of their labels, and their parent has its place already.
        place[node] = free[parent[node]]
        free[parent[node]] += size[node]
        free[node] = place[node] + 1
    tree = Tree(
        np.empty(nodes, np.int32),
        np.empty(nodes, np.int32),
        np.zeros(nodes, np.int32),
        np.empty(nodes, np.int32),
        np.empty(nodes, np.int64),
        place[leaf],
    )
    for node in range(nodes):
        at = place[node]
        tree.last[at] = at + size[node] - 1
        tree.parent[at] = place[parent[node]] if node > 0 else -1
        tree.label[at] = label[node]
        tree.line[at] = line[node]
    for at in range(1, nodes):
        tree.depth[at] = tree.depth[tree.parent[at]] + 1
    return tree


@kernel
def functions_above(tree: Tree, n_labels: int) -> tuple[Int32s, Int32s, Bools]:
    """For each node that a stack ends at, the distinct labels from it up to the root.

    Returns rows of node, label, and whether the label is the leaf's. O(sum of the depths of the leaves).
    """
    is_leaf = np.zeros(len(tree.last), np.bool_)
    for node in tree.leaf:
        is_leaf[node] = True
    room = 0
    for node in range(1, len(is_leaf)):
        room += tree.depth[node] if is_leaf[node] else 0
    nodes = np.empty(room, np.int32)
    labels = np.empty(room, np.int32)
    at_leaf = np.empty(room, np.bool_)
    seen = np.zeros(n_labels, np.int32)
    rows = 0
    for leaf in range(1, len(is_leaf)):
        if not is_leaf[leaf]:
            continue
        node = leaf
        while node > 0:
            label = tree.label[node]
            if seen[label] != leaf:
                seen[label] = leaf
                nodes[rows], labels[rows], at_leaf[rows] = leaf, label, node == leaf
                rows += 1
            node = tree.parent[node]
    return nodes[:rows], labels[:rows], at_leaf[:rows]
