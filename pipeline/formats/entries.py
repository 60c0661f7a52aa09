"""JSON documents whose entries are what is read a line at a time: what searches answer and collectors export.

`[{"textPayload": …}]` of Cloud Logging, `{"events": [{"message": …}]}` of CloudWatch, `{"hits": {"hits": [{"_source": …}]}}` of
Elasticsearch, `{"resourceLogs": [{"scopeLogs": [{"logRecords": [{"body": …}]}]}]}` of OpenTelemetry's collector, a line each time;
`{"data": {"result": [{"metric": …, "values": …}]}}` of Prometheus.
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


def as_lines(pieces: Iterable[bytes], *, wanted: re.Pattern[bytes]) -> Iterator[bytes]:
    """The same pieces, of as many bytes, in which each entry is a line if they are a document's.

    wanted  what an entry has in a string: the first tells in which list they stand
    """
    # What was UTF-16 and has no line feed comes behind an empty piece.
    rest = filter(None, pieces)
    head = next(rest, b"")
    depth = 0
    if head.lstrip()[:1] in (b"{", b"["):
        while (first := wanted.search(head)) is None and len(head) < _HEAD_BYTES and (piece := next(rest, b"")):
            head += piece
        depth = entry_depth(np.frombuffer(head, np.uint8), first.end() - 1) if first else 0
    whole = chain([head], rest)
    yield from _cut(whole, depth) if depth else whole


def _cut(pieces: Iterable[bytes], depth: int) -> Iterator[bytes]:
    state = np.zeros(STATE, np.int64)
    for piece in pieces:
        data = np.frombuffer(bytearray(piece), np.uint8)
        cut_entries(data, depth, state)
        yield data.tobytes()
