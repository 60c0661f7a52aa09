"""The lines of a log in which one of the runtime's may stand, found without looking at every line by itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from pipeline.errors import CutOff
from pipeline.formats.escape.recognise import unmarked_pieces
from pipeline.formats.escape.sections import pieces_of
from pipeline.formats.gctrace.wire import HINTS, OPENING, OutOfRange, parse
from pipeline.kernels.fragments import lines_above, mark_fragments
from pipeline.values import Blob

_PIECE_BYTES: Final = 1 << 20
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


def lines_of(blob: Blob) -> Iterator[list[Line]]:
    """Such lines of a blob of any size, chunk by chunk; raises what reading it raises."""
    number = 1
    for chunk, is_ended in chunks(unmarked_pieces(pieces_of(blob, most_bytes=_PIECE_BYTES))):
        lines, n_feeds = _found(chunk, above=number, is_ended=is_ended)
        yield lines
        number += n_feeds


def holds_lines(blob: Blob) -> bool:
    """Whether a whole line of the runtime's stands in it; reads no further than there."""
    return any(is_line(line) for found in lines_of(blob) for line in found)


def is_line(line: Line) -> bool:
    """Whether some whole line of the runtime's stands in this one."""
    return any(_is_kept(piece) for piece in openings(line.text))


def openings(text: bytes) -> Iterator[bytes]:
    """What begins as a line of the runtime's, up to the next that does; a blank stands for the next one."""
    places = [found.start() for found in OPENING.finditer(text)]
    for place, end in zip(places, [*places[1:], len(text)], strict=True):
        yield text[place:end] if end == len(text) else text[place:end] + b" "


def _is_kept(text: bytes) -> bool:
    try:
        told = parse(text)
    except OutOfRange:
        return False
    return told is not None and told.kind not in ("", "forced")


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
    return iter(_found(content, above=1, is_ended=is_ended)[0])


def _found(chunk: bytes, *, above: int, is_ended: bool) -> tuple[list[Line], int]:
    """Such lines of a chunk, and how many line feeds it has; `above` is the number of the first line."""
    data = np.frombuffer(chunk, np.uint8)
    marks = np.zeros(len(data), np.bool_)
    mark_fragments(data, _HINTS, marks)
    places = np.flatnonzero(marks)
    rows = np.empty(len(places), np.int64)
    n_feeds = lines_above(data, places, rows)
    is_first = np.diff(rows, prepend=-1) > 0
    lines: list[Line] = []
    for row, place in zip(rows[is_first].tolist(), places[is_first].tolist(), strict=True):
        start, end = chunk.rfind(b"\n", 0, place) + 1, chunk.find(b"\n", place)
        text = chunk[start:end] if end >= 0 else chunk[start:]
        if OPENING.search(text):
            lines.append(Line(above + row, _COLOUR.sub(b"", text).rstrip(b"\r"), is_ended or end >= 0))
    return lines, n_feeds
