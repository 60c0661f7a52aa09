"""Reads a flame graph's payload back, written from its description in outputs/flamegraph.py."""

from __future__ import annotations

import base64
import json
import re
import zlib
from dataclasses import dataclass


@dataclass(frozen=True)
class Payload:
    """The header and the columns by name."""

    header: dict[str, object]
    columns: dict[str, list[int]]

    def labels(self) -> list[str]:
        """The label of each node."""
        strings = self.header["strings"]
        assert isinstance(strings, list)
        return [strings[self.columns["frameLabel"][frame]] for frame in self.columns["frame"]]


def payload_of(page: str, identifier: str = "flame") -> Payload:
    """The payload in a page."""
    found = re.search(rf'<script type="text/plain" id="{identifier}-data">([A-Za-z0-9+/=]*)</script>', page)
    assert found is not None
    content = zlib.decompress(base64.b64decode(found[1]), wbits=-15)
    size = int.from_bytes(content[:4], "little")
    header = json.loads(content[4 : 4 + size])
    columns, at = {}, 4 + size
    for name, count in header["columns"]:
        columns[name], at = _varints(content, at, count)
    assert at == len(content)
    return Payload(header, columns)


def _varints(content: bytes, at: int, count: int) -> tuple[list[int], int]:
    values = []
    for _ in range(count):
        value = shift = 0
        while True:
            value |= (content[at] & 127) << shift
            at, shift = at + 1, shift + 7
            if content[at - 1] < 128:
                break
        values.append((value >> 1) ^ -(value & 1))
    return values, at
