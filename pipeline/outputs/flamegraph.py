"""A flame graph as one HTML page that needs nothing but a browser.

The tree travels as base64 of a raw deflate stream: a little-endian length, a JSON header with the strings, then each
column as zigzag varints. So no name of a function can end the script element or the page, values stay exact up to
2^53, and a node takes some 5 to 10 bytes. `assets/flamegraph.js` reads it.
"""

from __future__ import annotations

import base64
import json
import zlib
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa

from pipeline.outputs.document import document
from pipeline.outputs.flame_tree import integers, levels, values
from pipeline.values import Int64s, Result

SCRIPTS: Final = ("units.js", "flamegraph.js")
# What tells two nodes' frames apart; only label has to be there.
_FRAME: Final = {
    "label": "frameLabel",
    "function": "frameFunction",
    "package": "framePackage",
    "file": "frameFile",
}


@dataclass(frozen=True, slots=True)
class Figure:
    """What the macro `flame` draws; an empty payload is told in words."""

    identifier: str
    label: str
    payload: str


def page(tree: Result, *, title: str, subtitle: str = "", unit: str = "bytes", sample_type: str = "") -> str:
    """The page for a flame tree.

    tree  rows in depth-first order with one root at level 0: level, value, self, label; function, package, file and
          line where known; valueRight and selfRight make it a comparison, value being what was before
    unit  of the values: bytes, nanoseconds, count, ...
    """
    return document(
        "flame_file.html",
        scripts=SCRIPTS,
        title=title,
        about=(subtitle, sample_type, f"{tree.table.num_rows:,} nodes"),
        figure=figure(tree, identifier="flame", label=title, unit=unit, sample_type=sample_type),
    )


def figure(tree: Result, *, identifier: str, label: str, unit: str, sample_type: str = "") -> Figure:
    """One graph for a page that has SCRIPTS."""
    told = payload(tree, unit=unit, sample_type=sample_type) if tree.table.num_rows else ""
    return Figure(identifier, label, told)


def payload(tree: Result, *, unit: str, sample_type: str) -> str:
    """The tree as the text the script reads."""
    table = tree.table.combine_chunks()
    steps = np.diff(levels(tree), prepend=0)
    frame_of_node, frame_columns, strings = _frames(table)
    columns = {"level": steps, **values(table), "frame": frame_of_node, **frame_columns}
    header = {
        "unit": unit,
        "sampleType": sample_type,
        "isDiff": "valueRight" in columns,
        "strings": strings,
        "columns": [[name, len(column)] for name, column in columns.items()],
    }
    described = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    content = b"".join(
        [len(described).to_bytes(4, "little"), described, *(_varints(column) for column in columns.values())]
    )
    # The highest level takes five times as long, for 3 % less.
    deflate = zlib.compressobj(level=6, wbits=-zlib.MAX_WBITS)
    return base64.b64encode(deflate.compress(content) + deflate.flush()).decode("ascii")


def _frames(table: pa.Table) -> tuple[Int64s, dict[str, Int64s], list[str]]:
    """Each node's frame as an index, the distinct frames' columns, and the strings these index.

    Frames are numbered as they are first met, which keeps the varints of the heavy ones short.
    """
    texts = [name for name in _FRAME if name in table.schema.names]
    codes = {name: _codes(table, name) for name in texts}
    lines = integers(table, "line") if "line" in table.schema.names else np.zeros(table.num_rows, np.int64)
    combined = np.unique(lines, return_inverse=True)[1].astype(np.int64)
    for column, distinct in codes.values():
        combined = np.unique(combined * len(distinct) + column, return_inverse=True)[1].astype(np.int64)
    _, first, inverse = np.unique(combined, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    nodes = first[order]
    columns = {"frameLine": lines[nodes]}
    strings: dict[str, int] = {}
    for name, (column, distinct) in codes.items():
        shared = np.array([strings.setdefault(text, len(strings)) for text in distinct], np.int64)
        columns[_FRAME[name]] = shared[column[nodes]]
    return rank[inverse].astype(np.int64), columns, list(strings)


def _codes(table: pa.Table, name: str) -> tuple[Int64s, list[str]]:
    """A text column as indices into its distinct values; NULL is the empty text."""
    column = table.column(name).cast(pa.string()).combine_chunks().dictionary_encode(null_encoding="encode")
    encoded = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    assert isinstance(encoded, pa.DictionaryArray)
    distinct = [text or "" for text in encoded.dictionary.to_pylist()]
    return encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64), distinct


def _varints(values: Int64s) -> bytes:
    """LEB128 of the zigzagged values: small ones of either sign take one byte."""
    zigzag = ((values << 1) ^ (values >> 63)).astype(np.uint64)
    lengths = np.ones(len(values), np.int64)
    for power in range(1, 10):
        lengths += zigzag >= np.uint64(1 << (7 * power))
    starts = np.cumsum(lengths) - lengths
    encoded = np.zeros(int(lengths.sum()), np.uint8)
    for power in range(10):
        holds = np.flatnonzero(lengths > power)
        bits = (zigzag[holds] >> np.uint64(7 * power)) & np.uint64(127)
        encoded[starts[holds] + power] = bits + np.uint64(128) * (lengths[holds] > power + 1)
    return encoded.tobytes()
