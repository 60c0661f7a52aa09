"""One line of a log to what the runtime says in it: several things, where it was written to from several sides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from pipeline.formats.gctrace.front import MOST_LABEL, NO_STAMP, Stamp, front_of
from pipeline.formats.gctrace.lines import Line, lines_of, openings
from pipeline.formats.gctrace.logfmt import unwrap_logfmt
from pipeline.formats.gctrace.wire import OPENING, OutOfRange, Told, parse
from pipeline.formats.gctrace.wrapped import Unreadable, Wrapped, unwrap
from pipeline.values import Blob

# Objects whose text is an object again: a log's shipper around another's.
MOST_WRAPPED: Final = 3


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read at one place of a line.

    told      what it says; None for what only begins as one of the runtime's lines
    label     what stands before the line, less its stamp
    is_glued  whether other output stands before it on its line
    oddity    a kind of note; empty for none
    text      how it begins, for the note
    """

    told: Told | None
    label: str
    stamp: Stamp
    is_glued: bool
    oddity: str
    text: bytes


def holds_lines(blob: Blob) -> bool:
    """Whether a whole line of the runtime's stands in it; reads no further than there."""
    return any(is_line(line) for found in lines_of(blob) for line in found.each())


def is_line(line: Line) -> bool:
    """Whether some whole line of the runtime's stands in this one, in an object or not."""
    readings = read_line(replace(line, is_ended=True))
    return any(one.told is not None and one.told.kind not in ("", "forced") for one in readings)


def read_line(line: Line) -> Iterator[Reading]:
    """All that the runtime says in a line."""
    yield from _read(line.text, MOST_WRAPPED, is_ended=line.is_ended)


def _read(text: bytes, most_wrapped: int, *, is_ended: bool) -> Iterator[Reading]:
    first = OPENING.search(text)
    if first is None:
        return
    try:
        wrapped = _wrapped(text, first.start()) if most_wrapped else None
    except Unreadable:
        yield Reading(None, "", NO_STAMP, is_glued=False, oddity="unreadable_line", text=text)
        return
    if wrapped is None:
        yield from _plain(text, first.start(), is_ended=is_ended)
        return
    for inner in wrapped.texts:
        for reading in _read(inner, most_wrapped - 1, is_ended=True):
            yield _outside(reading, wrapped)


def _wrapped(text: bytes, place: int) -> Wrapped | None:
    """What is around the runtime's words at a place. Raises Unreadable for an object that breaks off."""
    # A plain line has no brace before what the runtime says.
    found = unwrap(text, place, OPENING) if b"{" in text[:place] else None
    return found or unwrap_logfmt(text, place, OPENING)


def _outside(reading: Reading, wrapped: Wrapped) -> Reading:
    """The reading of an object's text with what the object and what is before it say."""
    outer = front_of(wrapped.before)
    stamp = next((one for one in (wrapped.stamp, outer.stamp, reading.stamp) if one != NO_STAMP), NO_STAMP)
    # What the program's own logger puts before its lines does not tell processes apart if the shipper's words do.
    own = "" if reading.is_glued else reading.label
    label = " ".join(part for part in (outer.label, wrapped.names, own) if part)[:MOST_LABEL]
    return Reading(reading.told, label, stamp, reading.is_glued, reading.oddity, reading.text)


def _plain(text: bytes, place: int, *, is_ended: bool) -> Iterator[Reading]:
    pieces = list(openings(text))
    front = front_of(text[:place])
    for number, piece in enumerate(pieces):
        # Where another line begins, the last number of this one is whole.
        told, oddity = _parsed(piece, is_ended=is_ended or number < len(pieces) - 1)
        is_glued = front.is_glued or number > 0
        if told is not None and told.kind == "forced" and (is_glued or told.rest.strip()):
            # Words of somebody's, not the runtime's line.
            continue
        if not oddity and told is not None and (is_glued or told.rest.strip()):
            oddity = "glued_line"
        yield Reading(told, front.label, front.stamp, front.is_glued, oddity, piece)


def _parsed(piece: bytes, *, is_ended: bool) -> tuple[Told | None, str]:
    try:
        told = parse(piece)
    except OutOfRange:
        return None, "number_out_of_range"
    if told is None or not is_ended:
        return None, "unreadable_line"
    return told, ""
