"""Dumps in logs: their lines without what a log puts before them, or out of the objects that it makes of lines."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from pipeline.formats.gctrace.front import front_of, stamps_in
from pipeline.formats.gctrace.journal import with_texts
from pipeline.formats.gctrace.wrapped import fields_of, names_in, wrapped_in

HEADER: Final = re.compile(rb"goroutine \d{1,19} (?:gp=\S{1,40} m=\S{1,20}(?: mp=\S{1,40})? )?\[")
_START: Final = b"goroutine "
_MOST_BEFORE: Final = 512
# So many processes of one log are told apart.
_MOST_OWNERS: Final = 64
_LINE: Final = re.compile(r"^goroutine \d{1,19} ", re.MULTILINE)
_TAI64N: Final = rb"@[0-9a-f]{24}"
# Numbers of stamps, which some pad with blanks.
_NUMBER: Final = re.compile(rb"((?:\\ )*)\d+")


def bare(content: bytes) -> bytes:
    """The lines of dumps that something stands before, without it; empty where there are none.

    Lines are of one dump where the same stands before them but for stamps; objects where they say the same of whom they are.
    """
    owners = _owners(content)
    if any(b"{" in owner for owner in owners) and (found := _out_of_objects(with_texts(content)[0])):
        return found
    return b"\n".join(_behind(content, owner) for owner in owners)


def written_at(content: bytes) -> int | None:
    """When the first header was written, as what stands before or beside it says, microseconds since 1970."""
    place = content.find(_START)
    while place >= 0 and not HEADER.match(content, place):
        place = content.find(_START, place + 1)
    begun = content.rfind(b"\n", 0, max(place, 0)) + 1
    before, brace, _ = content[begun : max(place, 0)].partition(b"{")
    line = content[begun:].partition(b"\n")[0] if brace else b""
    objects = (wrapped_in(b"", fields, HEADER) for _, fields in _objects(line))
    stamps = [*(one.stamp for one in objects if one is not None), front_of(before).stamp]
    return next((stamp.at_us for stamp in stamps if stamp.at_us is not None), None)


def _owners(content: bytes) -> list[bytes]:
    """What stands before headers, as patterns."""
    found: dict[bytes, re.Pattern[bytes]] = {}
    place = content.find(_START)
    while place >= 0 and len(found) < _MOST_OWNERS:
        # A line may have millions of bytes and headers: no more is looked at than is needed, and the first header says whose it is.
        least = max(0, place - _MOST_BEFORE)
        before = content[max(content.rfind(b"\n", least, place) + 1, least) : place]
        end = place + 1
        if before and HEADER.match(content, place):
            # Most are of somebody who is known, and to see that takes a tenth of finding out who it is.
            known = (one.match(content, place - len(before)) for one in found.values())
            if not any(one is not None and one.start(1) == place for one in known):
                pattern = _pattern(before)
                found[pattern] = re.compile(pattern, re.MULTILINE)
            end = content.find(b"\n", place)
        place = content.find(_START, end) if end > 0 else -1
    return [*found]


def _pattern(before: bytes) -> bytes:
    """What matches the same with other stamps; blanks at its end may be missing where nothing follows."""
    text = before.decode("utf-8", "surrogateescape")
    made, end = b"", 0
    for stamp in stamps_in(text):
        made += re.escape(_bytes(text[end : stamp.start()]))
        made += _TAI64N if stamp[0].startswith("@") else _stamp_pattern(_bytes(stamp[0]))
        end = stamp.end()
    rest = _bytes(text[end:])
    return (
        made + re.escape(rest.rstrip()) + rb"(?:" + re.escape(rest[len(rest.rstrip()) :]) + rb"([^\r\n]*)|[ \t]*)\r?$"
    )


def _stamp_pattern(stamp: bytes) -> bytes:
    return _NUMBER.sub(lambda found: (b" *" if found[1] else b"") + rb"\d+", re.escape(stamp))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _behind(content: bytes, pattern: bytes) -> bytes:
    lines = re.finditer(rb"^" + pattern, content, re.MULTILINE)
    return b"".join((found[1] or b"") + b"\n" for found in lines)


def _out_of_objects(content: bytes) -> bytes:
    """The texts of objects that have dumps in them, and those of objects that speak of the same processes."""
    texts: dict[tuple[str, str, str], list[str]] = {}
    with_dumps: dict[tuple[str, str, str], None] = {}
    for before, fields in _objects(content):
        owner = before, names_in(fields)
        for name, text in fields.items():
            if not isinstance(text, str) or (len(texts) >= _MOST_OWNERS and (*owner, name) not in texts):
                continue
            texts.setdefault((*owner, name), []).append(text.removesuffix("\n"))
            if _LINE.search(text):
                with_dumps[*owner, name] = None
    made = ("\n".join([*texts[one], ""]) for one in with_dumps)
    return "\n".join(made).encode("utf-8", "replace")


def _objects(content: bytes) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The object of each line that has one, by its fields, and what stands before it, less its stamps."""
    for line in content.split(b"\n"):
        before, brace, rest = line.partition(b"{")
        try:
            value = json.loads(brace + rest) if brace else None
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            yield _pattern(before).decode("utf-8", "replace"), fields_of(value)
