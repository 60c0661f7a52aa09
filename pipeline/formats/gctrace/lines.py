"""The lines of a log in which one of the runtime's may stand, found without looking at every line by itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from pipeline.errors import CutOff
from pipeline.formats.entries import as_lines
from pipeline.formats.escape.recognise import unmarked_pieces
from pipeline.formats.escape.sections import pieces_of
from pipeline.formats.gctrace.exported import as_objects
from pipeline.formats.gctrace.journal import with_texts
from pipeline.formats.gctrace.partials import joined
from pipeline.formats.gctrace.wire import HINTS, OPENING
from pipeline.kernels.text.fragments import fragment_places, lines_above
from pipeline.kernels.text.spelled import line_spans
from pipeline.values import Blob, Bools, Int64s

# What stays in a cache and is not given back to the kernel each time: of 1 MiB, page faults took half as long as all searches.
_PIECE_BYTES: Final = 1 << 18
_EXAMPLE_BYTES: Final = 120
# Of a longer line, what was read at a time is looked at as if it were a line.
LINE_BYTES: Final = 1 << 20
_HINTS: Final = np.array([[*word, mask] for word, mask in HINTS], np.uint8)
_COLOUR: Final = re.compile(rb"\x1b\[[0-9;]{0,32}[mK]")


@dataclass(frozen=True, slots=True)
class Line:
    """A line in which something begins as the runtime's lines do.

    number    of the line in its file, from 1
    text      without colours and line end
    is_ended  whether a line feed follows: what ends with the file may have been longer
    """

    number: int
    text: bytes
    is_ended: bool = True


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of a chunk in which something may begin as the runtime's lines do, not looked at any closer yet.

    number         of each line in its file, from 1
    place          where in the chunk the first such thing stands, or what it is known by
    start, end     of the line in the chunk, without its carriage returns
    is_ended       whether a line feed follows
    is_last_ended  whether the chunk's last line is as if a line feed followed
    hints          where all such things stand, in order
    untold         messages of journald's without their text
    """

    chunk: bytes
    number: Int64s
    place: Int64s
    start: Int64s
    end: Int64s
    is_ended: Bools
    is_last_ended: bool
    hints: Int64s
    untold: Sequence[Line] = ()

    def __len__(self) -> int:
        return len(self.number)

    def line(self, row: int) -> Line | None:
        """One of them; None when nothing begins on it."""
        text = self.chunk[self.start[row] : self.end[row]]
        if OPENING.search(text) is None:
            return None
        is_ended = bool(self.is_ended[row]) or self.is_last_ended
        return Line(int(self.number[row]), _COLOUR.sub(b"", text).rstrip(b"\r"), is_ended)

    def each(self) -> Iterator[Line]:
        """Those on which something begins."""
        return (line for row in range(len(self)) if (line := self.line(row)) is not None)


def lines_of(blob: Blob) -> Iterator[Lines]:
    """Such lines of a blob of any size, chunk by chunk; raises what reading it raises."""
    number = 1
    pieces = as_lines(unmarked_pieces(pieces_of(blob, most_bytes=_PIECE_BYTES)), wanted=OPENING)
    for chunk, is_ended in as_objects(joined(chunks(pieces))):
        text, untold = with_texts(chunk)
        lines, n_feeds = lines_in(text, above=number, is_ended=is_ended)
        yield replace(lines, untold=_beginnings(text, untold, above=number)) if untold else lines
        number += n_feeds


def _beginnings(chunk: bytes, places: Sequence[int], *, above: int) -> list[Line]:
    """How the rest of a line begins behind each place; they rise, and the first line is `above`."""
    rows = np.empty(len(places), np.int64)
    lines_above(np.frombuffer(chunk, np.uint8), np.array(places, np.int64), rows)
    texts = (chunk[place : place + _EXAMPLE_BYTES].partition(b"\n")[0] for place in places)
    return [Line(above + row, text) for row, text in zip(rows.tolist(), texts, strict=True)]


def openings(text: bytes) -> Iterator[bytes]:
    """What begins as a line of the runtime's, up to the next that does; a blank stands for the next one."""
    places = [found.start() for found in OPENING.finditer(text)]
    for place, end in zip(places, [*places[1:], len(text)], strict=True):
        yield text[place:end] if end == len(text) else text[place:end] + b" "


def chunks(pieces: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """The same bytes in pieces that end with a line, and whether they do: the last need not, nor one of a line that is long.

    Raises what the pieces raise, behind what came before.
    """
    begun: list[bytes] = []
    size = 0
    broken_off: CutOff | None = None
    try:
        for piece in pieces:
            end = piece.rfind(b"\n") + 1
            if end or size > LINE_BYTES:
                yield b"".join((*begun, memoryview(piece)[:end])), end > 0
                begun, size = [], 0
            begun.append(piece[end:])
            size += len(piece) - end
    except CutOff as error:
        broken_off = error
    if size:
        yield b"".join(begun), False
    if broken_off:
        raise broken_off


def candidates(content: bytes, *, is_ended: bool = True) -> Iterator[Line]:
    """The lines in which one of the runtime's may begin; `is_ended` is whether the last one is, if no line feed ends it."""
    text, _ = with_texts(b"".join(as_lines([content], wanted=OPENING)))
    return lines_in(text, above=1, is_ended=is_ended)[0].each()


def lines_in(chunk: bytes, *, above: int, is_ended: bool) -> tuple[Lines, int]:
    """Such lines of a chunk, and how many line feeds it has; `above` is the number of the first line."""
    data = np.frombuffer(chunk, np.uint8)
    places = fragment_places(data, _HINTS)
    rows = np.empty(len(places), np.int64)
    n_feeds = lines_above(data, places, rows)
    first = np.flatnonzero(np.diff(rows, prepend=-1))
    lines = Lines(chunk, above + rows[first], places[first], *line_spans(data, places[first]), is_ended, places)
    return lines, n_feeds
