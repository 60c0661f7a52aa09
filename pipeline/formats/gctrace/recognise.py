"""Which bytes are a log with lines of the runtime's, as far as its beginning tells."""

from __future__ import annotations

import re
from typing import Final

from pipeline.formats.escape.recognise import unmarked

_HEAD_BYTES: Final = 256 << 10
# All of a smaller file was looked at.
_LEAST_BYTES: Final = 64 << 10
_CONTROLS: Final = bytes({*range(32)} - set(b"\t\n\r\x0b\x0c\x1b"))
_MOST_CONTROLS: Final = 0.01
# A program or a document that quotes a log is not one.
_QUOTING: Final = re.compile(rb"^(?:package \w+[ \t]*(?://[^\n]*)?\r?$|```)", re.MULTILINE)


def looks_like_log(content: bytes) -> bool:
    """Whether a line near the beginning is one of the runtime's."""
    head = unmarked(content[:_HEAD_BYTES])
    if not _is_text(head):
        return False
    from pipeline.formats.gctrace.lines import candidates
    from pipeline.formats.gctrace.reading import is_line

    return any(is_line(line) for line in candidates(head)) and _QUOTING.search(head) is None


def may_be_log(content: bytes) -> bool:
    """Whether the bytes begin a text that is too long to know from its beginning that no line of it is the runtime's."""
    head = unmarked(content[:_HEAD_BYTES])
    return len(head) >= _LEAST_BYTES and b"\n" in head and _is_text(head) and _QUOTING.search(head) is None


def _is_text(head: bytes) -> bool:
    return len(head) - len(head.translate(None, _CONTROLS)) <= _MOST_CONTROLS * len(head)
