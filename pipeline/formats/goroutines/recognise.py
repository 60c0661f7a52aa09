"""Tells a text with a goroutine dump from any other, wherever in it the dump stands."""

from __future__ import annotations

import re
from typing import Final

from pipeline.formats.goroutines.bare import bare

# A header, and below it what only a dump has there: a call and its place, or that the stack cannot be had.
# Statuses have no brackets; behind them come labels, which may have any.
HEADER: Final = re.compile(
    rb"goroutine (?P<id>\d{1,19})(?: gp=\S{1,40} m=\S{1,20}(?: mp=\S{1,40})?)? "
    rb"\[(?P<status>[^\[\]{}\r\n]{1,400})(?:\](?: \{(?P<labels>[^\r\n]{0,65536})\})?|(?P<inner>\{[^\r\n]{0,65536}\})\]):\r?\n"
)
UNAVAILABLE: Final = b"\tgoroutine running on other thread; stack unavailable"
_FIRST: Final = re.compile(rb"\S[^\r\n]{0,65536}\r?\n\t[^\s][^\r\n]{0,65536}|non-Go function at pc=0x")
_START: Final = b"goroutine "
_END: Final = re.compile(rb"\n[ \t\r]*\n|\Z")
# What the runtime puts a tab before, and no line of a dump that has none ends like.
_WITH_TAB: Final = re.compile(
    rb"^[ \t]*(?=(?:\S[^\r\n]{0,65536}?:\d{1,18}(?: \+0x[0-9a-f]+)?(?: fp=0x[0-9a-f]+[^\r\n]{0,256}| pc=0x[0-9a-f]+)?"
    rb"|pc=0x[0-9a-f]+|goroutine running on other thread; stack unavailable)\r?$)",
    re.MULTILINE,
)


def has_dump(content: bytes) -> bool:
    """Whether a goroutine dump stands somewhere in the bytes, which are a text."""
    return b"\0" not in content[:4096] and dump_in(content) is not None


def dump_in(content: bytes) -> bytes | None:
    """The text that a dump's lines stand in as they are: the content, or what is left of a log's lines; None where there is none."""
    if _START not in content:
        return None
    if next_header(content, 0) is not None:
        return content
    texts = (make(text) for text in (content, bare(content)) for make in (bytes, tabbed))
    return next((text for text in texts if next_header(text, 0) is not None), None)


def tabbed(content: bytes) -> bytes:
    """Dumps with the tabs before places: terminals make blanks of them, and those who collect logs cut them off."""
    made, end = [], 0
    place = content.find(_START)
    while place >= 0:
        found = HEADER.match(content, place) if place == 0 or content[place - 1 : place] == b"\n" else None
        if found and (last := _END.search(content, found.end())):
            made += [content[end : found.end()], _WITH_TAB.sub(b"\t", content[found.end() : last.start()])]
            end = last.start()
        place = content.find(_START, max(end, place + 1))
    return b"".join([*made, content[end:]])


def next_header(content: bytes, start: int) -> re.Match[bytes] | None:
    """The first line from `start` on that begins a goroutine of a dump."""
    place = content.find(_START, start)
    while place >= 0:
        if place == 0 or content[place - 1 : place] == b"\n":
            found = HEADER.match(content, place)
            if found and (content.startswith(UNAVAILABLE, found.end()) or _FIRST.match(content, found.end())):
                return found
        place = content.find(_START, place + 1)
    return None
