"""A tree of verdicts as text: packages, what they allocate, and how it comes to escape, the heaviest first."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.outputs.units import readable, share
from pipeline.text import printable

Row = Mapping[str, Any]

# Of all bytes; what is less is counted.
_LEAST_SHARE = 0.005
# The level of an allocation; what is below it is the flow.
_ALLOCATION = 2


@dataclass
class _Node:
    row: Row
    below: list[_Node] = field(default_factory=list)


def text(rows: Sequence[Row], *, title: str, limit: int) -> str:
    """A line for each node, its bytes and their share in front; steps that carry all of what is above them have none.

    rows   of escape.tree, in its order
    title  what stands for the root
    limit  allocations and ways at the most; the others are a count
    """
    root = _tree(rows)
    total = root.row["value"]
    lines: list[str] = []
    left = 0
    for node, depth, is_step in _drawn(root, least=total * _LEAST_SHARE):
        if len(lines) == limit:
            left += not is_step
            continue
        number = "" if is_step else readable(node.row["value"], unit="bytes")
        part = "" if is_step or not total else share(node.row["value"] / total)
        name = title if node is root else _name(node.row)
        lines.append(f"{number:>10}  {part:>7}  {'  ' * depth}{name}")
    if left:
        lines.append(f"and {left:,} more; print them with -n")
    return "\n".join([*map(printable, lines), ""])


def _tree(rows: Sequence[Row]) -> _Node:
    """The root of rows in depth-first order."""
    root = _Node(rows[0])
    path = [root]
    for row in rows[1:]:
        # The root may be a package.
        del path[row["level"] - root.row["level"] :]
        node = _Node(row)
        path[-1].below.append(node)
        path.append(node)
    return root


def _drawn(root: _Node, *, least: float) -> Iterator[tuple[_Node, int, bool]]:
    """Nodes with their indentation, and whether one is a step that carries all of the node above it.

    Such steps stand below one another: a flow of a hundred of them would be wider than any terminal.
    """
    waiting = [(root, 0, False)]
    while waiting:
        node, depth, is_step = waiting.pop()
        yield node, depth, is_step
        below = sorted(node.below, key=lambda child: child.row["value"])
        is_chain = len(below) == 1 and node.row["level"] >= _ALLOCATION and below[0].row["value"] == node.row["value"]
        deeper = depth if is_chain and is_step else depth + 1
        waiting += [(child, deeper, is_chain) for child in below if child.row["value"] >= least]


def _name(row: Row) -> str:
    if row["level"] <= _ALLOCATION:
        return str(row["label"])
    at = os.path.basename(row["file"].replace("\\", "/")) if row["file"] else ""
    return f"→ {row['label']}" + (f" · {at}:{row['line']}" if at else "")
