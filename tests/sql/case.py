r"""The `.case` format: rows given, rows wanted, nothing else.

    case: a stack that vanishes shrinks to zero

    given sample_value
    profile_id | stack_id | sample_type | value
    1          | 7        | inuse_space | 100

    want heap.growth
    profile_id | stack_id | growth_bytes
    2          | 7        | -100

A file begins with a comment, lines that start with `#`, or at once. `given` blocks above the first case stand for
every case of the file. What follows `given` is a declared table, or `sample_value`; what follows `want` is anything that can stand
behind FROM, so `want flame.tree([1], 'inuse_space')` and `want heap.inuse WHERE profile_id = 1` work. Only the columns
named in the header are given, or compared. Rows of a view are compared in any order, those of a macro in theirs.

A cell is what DuckDB reads as the column's type: `NULL`, `2026-01-01 00:00:00`, `[1, 2]`, `[{function_id: 1, line: 10}]`,
`{key=value}`, `0x1f`. An empty text is `''`; `\n`, `\|` and `\\` stand for themselves. A block ends at an empty line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_BAR = re.compile(r"(?<!\\)\|")
_ESCAPE = re.compile(r"\\(.)")
_PLAIN = {"n": "\n", "r": "\r", "t": "\t"}
_ESCAPED = str.maketrans({"\\": "\\\\", "|": "\\|", "\n": "\\n", "\r": "\\r", "\t": "\\t"})


class CaseError(ValueError):
    """A `.case` file that breaks the format."""


@dataclass(frozen=True, slots=True)
class Block:
    """Rows of one table or view.

    first_row  the line of the file, from 0, at which the rows begin; the header stands above it
    """

    verb: str
    target: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    first_row: int


@dataclass(frozen=True, slots=True)
class Case:
    """One claim: what is given, and what is then wanted. `given` has the file's shared blocks in front."""

    path: Path
    name: str
    given: tuple[Block, ...]
    want: tuple[Block, ...]


def read_cases(path: Path) -> tuple[Case, ...]:
    """Every case of a file, in order."""
    lines = path.read_text(encoding="utf-8").splitlines()
    starts = [number for number, line in enumerate(lines) if line.startswith("case: ")]
    if not starts:
        raise CaseError(f"{path}: no line starts with `case: `")
    shared = tuple(_blocks(path, lines, 0, starts[0]))
    if any(block.verb == "want" for block in shared):
        raise CaseError(f"{path}: a `want` stands above the first case; move it into one")
    ends = [*starts[1:], len(lines)]
    cases = tuple(_case(path, lines, start, end, shared=shared) for start, end in zip(starts, ends, strict=True))
    names = [case.name for case in cases]
    if len(set(names)) < len(names):
        raise CaseError(f"{path}: two cases have the same name: {max(names, key=names.count)}")
    return cases


def replace_rows(block: Block, rows: Sequence[Sequence[str]], *, path: Path) -> None:
    """Put other rows under a block's header, in aligned columns."""
    lines = path.read_text(encoding="utf-8").splitlines()
    cells = [[_escaped(cell) for cell in row] for row in rows]
    table = aligned([list(block.columns), *cells])
    lines[block.first_row - 1 : block.first_row + len(block.rows)] = table
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows as lines with their bars below each other."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [" | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _case(path: Path, lines: Sequence[str], start: int, end: int, *, shared: tuple[Block, ...]) -> Case:
    name = lines[start].removeprefix("case: ").strip()
    blocks = tuple(_blocks(path, lines, start + 1, end))
    wants = tuple(block for block in blocks if block.verb == "want")
    if not wants:
        raise CaseError(f"{path}:{start + 1}: the case wants nothing; add a `want` block")
    return Case(path, name, shared + tuple(block for block in blocks if block.verb == "given"), wants)


def _blocks(path: Path, lines: Sequence[str], start: int, end: int) -> Iterator[Block]:
    at = start
    while at < end:
        verb, _, target = lines[at].partition(" ")
        if not lines[at].strip() or lines[at].startswith("#"):
            at += 1
            continue
        if verb not in ("given", "want") or not target:
            raise CaseError(f"{path}:{at + 1}: expected `given TABLE`, `want VIEW` or `case: NAME`, found: {lines[at]}")
        stop = at + 1
        while stop < end and lines[stop].strip():
            stop += 1
        yield _block(path, lines, at, stop, verb=verb, target=target.strip())
        at = stop


def _block(path: Path, lines: Sequence[str], at: int, stop: int, *, verb: str, target: str) -> Block:
    if stop == at + 1:
        raise CaseError(f"{path}:{at + 1}: a line with the names of the columns must follow")
    columns = _cells(lines[at + 1])
    rows = [_cells(line) for line in lines[at + 2 : stop]]
    for number, row in enumerate(rows, start=at + 3):
        if len(row) != len(columns):
            raise CaseError(f"{path}:{number}: {len(row)} cells under {len(columns)} columns")
    return Block(verb, target, columns, tuple(rows), at + 2)


def _cells(line: str) -> tuple[str, ...]:
    return tuple(_unescaped(cell.strip()) for cell in _BAR.split(line))


def _unescaped(cell: str) -> str:
    return _ESCAPE.sub(lambda found: _PLAIN.get(found[1], found[1]), cell)


def _escaped(cell: str) -> str:
    return cell.translate(_ESCAPED)
