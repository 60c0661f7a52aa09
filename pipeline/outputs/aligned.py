"""Rows of text as lines with their columns below each other."""

from __future__ import annotations

from collections.abc import Container, Sequence

from pipeline.text import printable


def aligned(rows: Sequence[Sequence[str]], *, right: Container[int] = ()) -> list[str]:
    """One line per row, two spaces between columns; `right` names the columns that end below each other.

    Whatever a cell holds, its row is one line, and a terminal shows it.
    """
    rows = [[printable(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [
            cell.rjust(width) if at in right else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return lines
