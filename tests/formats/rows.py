"""What a format makes of some contents, as rows a test can write down."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pipeline.notes import NOTE_KINDS
from pipeline.values import Blob, Decoded, Large, Origin, Source


@dataclass(slots=True)
class Rows:
    """The rows of each table, the notes as (blob, kind, count), and the refusals."""

    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    notes: list[tuple[int, str, int]] = field(default_factory=list)
    refusals: dict[int, str] = field(default_factory=dict)

    def of(self, table: str, *columns: str) -> list[tuple[Any, ...]]:
        """The rows of one table, reduced to these columns."""
        return [tuple(row[column] for column in columns) for row in self.tables.get(table, [])]

    def column(self, table: str, name: str) -> list[Any]:
        """One column."""
        return [row[name] for row in self.tables.get(table, [])]


def rows_of(decoded: Iterator[Decoded]) -> Rows:
    """All that was decoded."""
    rows = Rows()
    for part in decoded:
        for name, columns in part.columns.items():
            lists = [
                values.tolist() if isinstance(values, np.ndarray) else values.to_pylist() for values in columns.values()
            ]
            rows.tables.setdefault(name, []).extend(
                dict(zip(columns, row, strict=True)) for row in zip(*lists, strict=True)
            )
        assert all(note.kind in NOTE_KINDS for note in part.notes)
        rows.notes += [(note.blob_index, note.kind, note.count) for note in part.notes]
        rows.refusals |= part.refusals
    return rows


def blob(content: bytes) -> Blob:
    """A small one."""
    return Blob(Source(0, Origin("x"), len(content), ""), content)


def large(content: bytes, *, most_held_bytes: int = 1 << 20) -> Blob:
    """One that is read piece by piece, as a file too large to be held is."""

    def opened() -> Callable[[int], bytes]:
        at = [0]

        def read(size: int) -> bytes:
            start = at[0]
            at[0] += size
            return content[start : start + size]

        return read

    return Blob(
        Source(0, Origin("x"), len(content), ""), content[: 1 << 18], Large(len(content), most_held_bytes, opened)
    )


def blobs(contents: Sequence[bytes]) -> list[Blob]:
    """Small ones."""
    return [blob(content) for content in contents]
