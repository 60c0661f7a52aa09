"""Rows of a table, as searches over logs export them (CSV): what a column says of a line's process and time is said with the line.

The first line names the columns. A row becomes an object with those names, as shippers write them. RFC 4180; a row whose text goes
over several lines stays as it is.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from pipeline.formats.gctrace.wire import OPENING
from pipeline.formats.gctrace.wrapped import NAMES, TIMES

_HEAD_BYTES: Final = 4096
_NAME: Final = re.compile(r"[@\w][\w.@ /-]{0,99}")
_KNOWN: Final = frozenset({*NAMES, *TIMES})


@dataclass(frozen=True, slots=True)
class _Columns:
    names: tuple[str, ...]
    delimiter: str

    def row(self, line: bytes) -> dict[str, str] | None:
        """What a line says by column; None for what is no row of the table."""
        cells = _cells(line, self.delimiter)
        return dict(zip(self.names, cells, strict=True)) if len(cells) == len(self.names) else None


def as_objects(chunks: Iterable[tuple[bytes, bool]]) -> Iterator[tuple[bytes, bool]]:
    """The same chunks, in as many lines: if the first names columns, rows with a line of the runtime's are objects."""
    columns, is_first = None, True
    for chunk, is_ended in chunks:
        if is_first:
            columns, is_first = _columns_of(chunk[:_HEAD_BYTES].partition(b"\n")[0]), False
        yield chunk if columns is None else _with_objects(chunk, columns), is_ended


def _columns_of(line: bytes) -> _Columns | None:
    """The columns that a line names; None where none of them tells whose a line is."""
    delimiter = max((",", "\t", ";"), key=lambda one: line.count(one.encode()))
    names = _cells(line, delimiter)
    if len(names) < 2 or not all(_NAME.fullmatch(name) for name in names):
        return None
    spelled = tuple(name if name in _KNOWN or name.lower() not in _KNOWN else name.lower() for name in names)
    is_owned = any(".".join(name.split(".")[-2:]) in NAMES or name in NAMES for name in spelled)
    return _Columns(spelled, delimiter) if is_owned else None


def _cells(line: bytes, delimiter: str) -> list[str]:
    try:
        text = line.decode("utf-8", "surrogateescape").rstrip("\r")
        return next(csv.reader([text], delimiter=delimiter, strict=True), [])
    except csv.Error:
        return []


def _with_objects(chunk: bytes, columns: _Columns) -> bytes:
    lines = chunk.split(b"\n")
    for number, line in enumerate(lines):
        if OPENING.search(line) and (row := columns.row(line)):
            lines[number] = json.dumps(row, ensure_ascii=False).encode("utf-8", "surrogateescape")
    return b"\n".join(lines)
