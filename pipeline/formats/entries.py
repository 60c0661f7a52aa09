"""JSON documents whose entries are what is read a line at a time: what searches answer and collectors export.

`[{"textPayload": …}]` of Cloud Logging, `{"events": [{"message": …}]}` of CloudWatch, `{"hits": {"hits": [{"_source": …}]}}` of
Elasticsearch, `{"resourceLogs": [{"scopeLogs": [{"logRecords": [{"body": …}]}]}]}` of OpenTelemetry's collector, a line each time;
`{"data": {"result": [{"metric": …, "values": …}]}}` of Prometheus; `{"data": {"result": [{"stream": …, "values": [["<ns>", "<text>"], …]}]}}`
of Loki, whose pairs become what `logcli -o jsonl` prints.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final

import numpy as np

from pipeline.kernels.text.entries import STATE, cut_entries, entry_depth

# As far in as this stands what tells where entries are.
_HEAD_BYTES: Final = 1 << 20
_STRING: Final = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
# Of Loki's HTTP API, "Query logs within a range of time": labels of a stream, and a line with its time in nanoseconds.
_STREAMS: Final = re.compile(rb'"values"\s*:\s*\[\s*\[\s*"\d{19}"\s*,\s*"')
# Nothing is tried twice: of what only begins like labels, again and again, each could else be read to the end.
_OF_STREAM: Final = re.compile(
    rb'"stream"\s*+:\s*+(?P<labels>\{(?:\s*+'
    + _STRING
    + rb"\s*+:\s*+"
    + _STRING
    + rb"\s*+,?+){0,512}+\s*+\})|\[\s*+(?P<at>\"\d{19}\")\s*+,\s*+(?P<text>"
    + _STRING
    + rb")",
    re.DOTALL,
)
# A longer line is left out.
_MOST_BYTES: Final = 1 << 20


def as_lines(pieces: Iterable[bytes], *, wanted: re.Pattern[bytes]) -> Iterator[bytes]:
    """The same pieces, in which each entry is a line if they are a document's: in place, but for Loki's.

    wanted  what an entry has in a string: the first tells in which list they stand
    """
    # What was UTF-16 and has no line feed comes behind an empty piece.
    rest = filter(None, pieces)
    head = next(rest, b"")
    depth = 0
    if head.lstrip()[:1] in (b"{", b"["):
        while (first := wanted.search(head)) is None and len(head) < _HEAD_BYTES and (piece := next(rest, b"")):
            head += piece
        if first and _STREAMS.search(head):
            yield from _streamed(chain([head], rest))
            return
        depth = entry_depth(np.frombuffer(head, np.uint8), first.end() - 1) if first else 0
    whole = chain([head], rest)
    yield from _cut(whole, depth) if depth else whole


def _cut(pieces: Iterable[bytes], depth: int) -> Iterator[bytes]:
    state = np.zeros(STATE, np.int64)
    for piece in pieces:
        data = np.frombuffer(bytearray(piece), np.uint8)
        cut_entries(data, depth, state)
        yield data.tobytes()


def _streamed(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Lines of Loki's streams with their labels."""
    labels, held = b"{}", b""
    # As of other documents, what stands before the first entry is a line.
    yield b"\n"
    for piece in pieces:
        held += piece
        lines, end = [], 0
        for found in _OF_STREAM.finditer(held):
            end = found.end()
            if found["labels"]:
                labels = b" ".join(found["labels"].splitlines())
            else:
                lines.append(b'{"labels":%b,"timestamp":%b,"line":%b}\n' % (labels, found["at"], found["text"]))
        held = held[max(end, len(held) - _MOST_BYTES) :]
        yield b"".join(lines)
