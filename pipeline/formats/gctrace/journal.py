"""Messages in `journalctl -o json` that are no strings: lists of bytes where they are no printable UTF-8, null where they are long.

Specified by systemd's "Journal Export Formats", section "Journal JSON Format".
"""

from __future__ import annotations

import json
import re
from typing import Final

import numpy as np

from pipeline.kernels.text.fragments import holds_fragment

_NAME: Final = b'"MESSAGE"'
_FRAGMENT: Final = np.array([[*_NAME[-4:], 0xFF]], np.uint8)
_VALUE: Final = re.compile(_NAME + rb"[ \t]*:[ \t]*(\[[\d, \t]*\]|[^\"\s\\][^,}\n]*)")


def with_texts(chunk: bytes) -> tuple[bytes, list[int]]:
    """The chunk with lists of bytes as strings, in as many lines, and where in it messages stand that have no text."""
    if not holds_fragment(np.frombuffer(chunk, np.uint8), _FRAGMENT):
        return chunk, []
    parts: list[bytes] = []
    untold: list[int] = []
    size = end = seen = 0
    is_object = False
    for found in _VALUE.finditer(chunk):
        # Each byte is looked at once, however many messages a line has.
        line = chunk.rfind(b"\n", seen, found.start())
        is_object = (is_object and line < 0) or chunk.find(b"{", max(line, seen), found.start()) >= 0
        seen = found.start()
        if not is_object:
            # Somebody's words.
            continue
        text = _text(found[1])
        if text is None:
            untold.append(size + found.start() - end)
            continue
        parts += chunk[end : found.start(1)], text
        size += found.start(1) - end + len(text)
        end = found.end()
    return b"".join((*parts, chunk[end:])) if parts else chunk, untold


def _text(value: bytes) -> bytes | None:
    """The string that a list of bytes is; None for what is none."""
    try:
        text = bytes(json.loads(value)).decode("utf-8", "replace") if value[:1] == b"[" else None
    except (ValueError, TypeError):
        return None
    return None if text is None else json.dumps(text, ensure_ascii=False).encode()
