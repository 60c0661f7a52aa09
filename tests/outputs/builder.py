"""Results from a few readable lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa

from pipeline.values import Result, ResultColumn

# A tree in the words of `flame_tree`.
TREE = """
all 0
  main.main 10
    store.grow 300
    api.serve 40
      store.grow 50
  runtime.gc 7
"""


def result(name: str, columns: Mapping[str, object], docs: Mapping[str, str] | None = None) -> Result:
    """An answer with these columns; lists become Arrow arrays of the type they look like."""
    described = tuple(ResultColumn(column, (docs or {}).get(column, "")) for column in columns)
    return Result(name, described, pa.table(dict(columns)))


def flame_tree(text: str) -> Result:
    """A flame tree from indented lines `label self`, with values summed; `label before after` makes a comparison.

    The function of a node is its label; its file is the label's first word with .go, its line the row's number.
    """
    lines = [line for line in text.splitlines() if line.strip()]
    levels = [(len(line) - len(line.lstrip())) // 2 for line in lines]
    words = [line.rsplit(maxsplit=2 if len(line.split()) > 2 else 1) for line in lines]
    labels = [parts[0].strip() for parts in words]
    own = [[int(number) for number in parts[1:]] for parts in words]
    totals = [_sum_below(row, levels, own) for row in range(len(lines))]
    columns: dict[str, object] = {
        "level": levels,
        "value": [total[0] for total in totals],
        "self": [numbers[0] for numbers in own],
        "label": labels,
        "function": labels,
        "file": [f"{label.split('.')[0]}.go" for label in labels],
        "line": list(range(1, len(lines) + 1)),
    }
    if len(own[0]) > 1:
        columns |= {"valueRight": [total[1] for total in totals], "selfRight": [numbers[1] for numbers in own]}
    return result("flame.tree", columns)


def _sum_below(row: int, levels: Sequence[int], own: Sequence[Sequence[int]]) -> list[int]:
    total = list(own[row])
    for below in range(row + 1, len(levels)):
        if levels[below] <= levels[row]:
            break
        total = [sum(pair) for pair in zip(total, own[below], strict=True)]
    return total
