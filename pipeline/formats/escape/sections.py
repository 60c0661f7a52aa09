"""A report of any size, as sections of bounded size that are reports of their own.

Text is cut between packages, and a package that is too large by itself where a verdict is followed by an explanation:
the compiler explains all of some functions, then gives their verdicts (escape.go: Batch, finish). A log is sorted by
position, and cut between source lines. A section that begins inside a package gets its header again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np

from pipeline.errors import DecodeError
from pipeline.formats.escape.wire import COLON, SPACE, count_lines, cut
from pipeline.values import Blob

_PIECE_BYTES: Final = 1 << 20
_HEADER: Final = re.compile(rb"^# (?:[^\s\[\]]+(?: \[[^\s\[\]]+\])?|\[[^\s\[\]]+\])\r?$", re.MULTILINE)
_UNESCAPED: Final = b" does not escape"
_VERDICTS: Final = (b": moved to heap: ", b": leaking param", b": zero-copy ")
_EXPLAINING: Final = re.compile(rb"[^\n]{0,4096}?: {3}")
_POSITION: Final = re.compile(rb'\{"range":\{"start":\{"line":(\d+)')


@dataclass(frozen=True, slots=True)
class Sizes:
    """How large sections are.

    enough_bytes  a section ends at the first good place behind so many
    most_bytes    at a worse one behind so many, and where any explanation begins behind twice as many
    """

    enough_bytes: int = 16 << 20
    most_bytes: int = 24 << 20


@dataclass(frozen=True, slots=True)
class Section:
    """Whole lines of a report, a header first where they need one; `lines_above` are before the first, it included."""

    content: bytes
    lines_above: int = 0


@dataclass(frozen=True, slots=True)
class Spelling:
    """Where a report may be cut.

    header  the last line of a section that says what the lines below it are about; empty where there is none
    good    the last position in a buffer, behind the second, from which on a section may begin; 0 for none
    fair    the same, where there is no good one
    """

    header: Callable[[bytes], bytes]
    good: Callable[[bytearray, int], int]
    fair: Callable[[bytearray, int], int]


def pieces_of(blob: Blob, *, most_bytes: int) -> Iterator[bytes]:
    """The plain bytes of a blob, held or not, in pieces of bounded size."""
    size = min(_PIECE_BYTES, most_bytes)
    if blob.large:
        yield from iter(partial(blob.large.open(), size), b"")
    else:
        for start in range(0, len(blob.content), size):
            yield blob.content[start : start + size]


def whole_lines(pieces: Iterable[bytes], *, most_bytes: int) -> Iterator[bytes]:
    """The same bytes in pieces that end with a line; raises DecodeError for a line of more than `most_bytes`."""
    begun: list[bytes] = []
    size = 0
    for piece in pieces:
        end = piece.rfind(b"\n") + 1
        if end:
            yield b"".join((*begun, piece[:end]))
            begun, size = [], 0
        begun.append(piece[end:])
        size += len(piece) - end
        if size > most_bytes:
            raise DecodeError(
                f"a line of it has more than {most_bytes:,} bytes, the most that is held of one; "
                f"give --memory {-(-16 * most_bytes >> 20)}MiB, or the output of go build without -json"
            )
    if size:
        yield b"".join(begun)


def sections(lines: Iterable[bytes], *, spelling: Spelling, sizes: Sizes) -> Iterator[Section]:
    """Cut pieces of whole lines into sections."""
    gathered = bytearray()
    searched, most_bytes, lines_above = 0, sizes.most_bytes, 0
    header = b""
    for piece in lines:
        gathered += piece
        if len(gathered) < sizes.enough_bytes:
            continue
        end = spelling.good(gathered, max(0, searched - 1))
        searched = len(gathered)
        if not end and len(gathered) >= most_bytes:
            end = spelling.fair(gathered, 0)
            if not end and most_bytes > sizes.most_bytes:
                end = _last_line(gathered)
            most_bytes += sizes.most_bytes
        if end:
            content = bytes(memoryview(gathered)[:end])
            yield _headed(Section(content, lines_above), header)
            lines_above += count_lines(content)
            header = spelling.header(content) or header
            del gathered[:end]
            searched, most_bytes = 0, sizes.most_bytes
    if gathered:
        yield _headed(Section(bytes(gathered), lines_above), header)


def _headed(section: Section, header: bytes) -> Section:
    """The section below the header in force, unless it begins with its own."""
    if not header or section.content.startswith((b"# ", b'{"version"')):
        return section
    return replace(section, content=header + b"\n" + section.content, lines_above=section.lines_above - 1)


def _text_header(content: bytes) -> bytes:
    found = _HEADER.match(content, _last_header(content, 0))
    return found[0].rstrip(b"\r") if found else b""


def _log_header(content: bytes) -> bytes:
    key = content.rfind(b'"gc_version":')
    return content[content.rfind(b"\n", 0, key) + 1 :].partition(b"\n")[0] if key >= 0 else b""


def _last_header(gathered: bytes | bytearray, start: int) -> int:
    """The last package header behind `start`."""
    end = len(gathered)
    while (end := gathered.rfind(b"\n# ", start, end)) > 0:
        if _HEADER.match(gathered, end + 1):
            return end + 1
    return 0


def _last_batch(gathered: bytearray, start: int) -> int:
    """The last line behind `start` that explains something new and follows a verdict."""
    lines = cut(gathered)
    is_own = lines.separated & (lines.message_bytes != SPACE)
    is_asking = lines.data[lines.ends - 1] == COLON
    for row in np.flatnonzero(is_own[:-1] & is_own[1:] & ~is_asking[:-1] & is_asking[1:])[::-1].tolist():
        before, line = (bytes(gathered[lines.starts[at] : lines.ends[at]]) for at in (row, row + 1))
        if lines.starts[row] > start and _is_verdict(before) and _is_head(line):
            return int(lines.starts[row + 1])
    return 0


def _is_verdict(line: bytes) -> bool:
    return any(words in line for words in _VERDICTS) or line.endswith(b" escapes to heap") or _UNESCAPED in line[-56:]


def _is_head(line: bytes) -> bool:
    return line.endswith(b" escapes to heap:") or b" escapes to heap in " in line or b" leaks to " in line


def _last_position(gathered: bytearray, start: int) -> int:
    """The last line behind `start` of a log that is about another source line than the one before."""
    line = gathered.rfind(b"\n", start, len(gathered) - 1) + 1
    while line > start:
        before = gathered.rfind(b"\n", start, line - 1) + 1
        if before <= start:
            break
        here, above = _POSITION.match(gathered, line), _POSITION.match(gathered, before)
        if here and above and here[1] != above[1]:
            return line
        line = before
    return 0


def _no_place(gathered: bytearray, start: int) -> int:
    return 0


def _last_line(gathered: bytearray) -> int:
    """The last line that does not go on with an explanation; the last of all when every line does."""
    last = line = gathered.rfind(b"\n", 0, len(gathered) - 1) + 1
    while line and _EXPLAINING.match(gathered, line):
        line = gathered.rfind(b"\n", 0, line - 1) + 1
    return line or last


TEXT: Final = Spelling(_text_header, _last_header, _last_batch)
LOG: Final = Spelling(_log_header, _last_position, _no_place)
