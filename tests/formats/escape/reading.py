"""A report of a few readable lines, decoded, as rows a test can write down."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.formats.escape import FORMAT
from pipeline.formats.escape.decode import decode
from pipeline.formats.escape.sections import Sizes
from pipeline.notes import NOTE_KINDS
from pipeline.values import Blob, Origin, Source

_SIZES = Sizes()
HEADER = {
    "version": 0,
    "package": "main",
    "goos": "linux",
    "goarch": "amd64",
    "gc_version": "go1.27.3",
    "file": "/src/main.go",
}


@dataclass(frozen=True, slots=True)
class Read:
    """The rows of each table, the notes as (blob, kind, count), and the refusals."""

    tables: dict[str, list[dict[str, Any]]]
    notes: list[tuple[int, str, int]]
    refusals: dict[int, str]

    def rows(self, table: str, *columns: str) -> list[tuple[Any, ...]]:
        """The rows of one table, reduced to these columns."""
        return [tuple(row[column] for column in columns) for row in self.tables[table]]


def read(*contents: bytes | str, sizes: Sizes = _SIZES) -> Read:
    """Decode contents as one call does; `site_index` counts on over several Decoded."""
    blobs = [_blob(content if isinstance(content, bytes) else content.encode()) for content in contents]
    tables: dict[str, list[dict[str, Any]]] = {name: [] for name in FORMAT.fills}
    notes: list[tuple[int, str, int]] = []
    refusals: dict[int, str] = {}
    for decoded in decode(blobs, sizes=sizes):
        base = len(tables["escape_site"])
        for name, columns in decoded.columns.items():
            lists = {column: list(values.to_pylist()) for column, values in columns.items()}  # type: ignore[union-attr]
            for values in zip(*lists.values(), strict=True):
                row = dict(zip(lists, values, strict=True))
                tables[name].append(row | ({"site_index": row["site_index"] + base} if "site_index" in row else {}))
        assert all(note.kind in NOTE_KINDS for note in decoded.notes)
        notes += [(note.blob_index, note.kind, note.count) for note in decoded.notes]
        refusals |= decoded.refusals
    return Read(tables, notes, refusals)


def _blob(content: bytes) -> Blob:
    return Blob(Source(0, Origin("report"), len(content), ""), content)


def log(*diagnostics: str, **header: object) -> bytes:
    """A JSON log: its header, then its diagnostics."""
    return "\n".join([json.dumps(HEADER | header), *diagnostics, ""]).encode()


def diagnostic(
    code: str, position: str, message: str, related: Sequence[tuple[str, str]] = (), *, uri: str = "file:///src/main.go"
) -> str:
    """One diagnostic: positions as `line:column`, related information as (position, message)."""
    entry: dict[str, object] = {"range": _range(position), "severity": 3, "code": code, "source": "go compiler"}
    entry["message"] = message
    if related:
        entry["relatedInformation"] = [
            {"location": {"uri": uri, "range": _range(at)}, "message": text} for at, text in related
        ]
    return json.dumps(entry, separators=(",", ":"))


def _range(position: str) -> dict[str, dict[str, int]]:
    line, column = map(int, position.split(":"))
    return {"start": {"line": line, "character": column}, "end": {"line": line, "character": column}}
