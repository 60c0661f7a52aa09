"""JSON objects out of whatever they stand in: lines of a log, an array, one pretty-printed object or several.

What is read in bulk is lines: Arrow reads them by columns. So objects of other text are cut out first, by counting
brackets, which takes no stack however deep they are nested. Lines that are something else are counted.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import numpy as np
import pyarrow as pa
from pyarrow import json as pa_json

from pipeline.errors import DecodeError
from pipeline.formats.escape.recognise import unmarked, unmarked_pieces
from pipeline.values import Blob, Bools, Bytes, Int64s, Note

HEAD_BYTES: Final = 256 << 10
PORTION_BYTES: Final = 16 << 20
_PIECE_BYTES: Final = 1 << 20
_LINE_FEED, _SPACE, _QUOTE, _BACKSLASH = 10, 32, 34, 92
_OPENING: Final = (91, 123)
_CLOSING: Final = (93, 125)
_BRACE: Final = 123
_EXAMPLE_CHARS: Final = 120
# So few objects are not halved any further, but looked at one by one.
_FEW: Final = 16
_BLANK: Final = b" \t\r\n"


@dataclass(frozen=True, slots=True)
class Portion:
    """Some objects, each without line feeds, of one blob or of several.

    blob_index  int64 (n,)  whose each is
    line        int64 (n,)  where each stands: its line, or its number in what is no lines; from 1
    """

    objects: list[bytes]
    blob_index: Int64s
    line: Int64s
    notes: list[Note] = field(default_factory=list)


def together(contents: Iterable[tuple[int, bytes]], *, wanted: re.Pattern[bytes]) -> Portion:
    """The objects of small blobs that have something in them that matches."""
    return _joined(
        [
            part
            for index, content in contents
            for part in _parts(index, [content], wanted, most_held(blob_bytes=len(content)))
        ]
    )


def in_portions(
    index: int, blob: Blob, *, wanted: re.Pattern[bytes], portion_bytes: int = PORTION_BYTES
) -> Iterator[Portion]:
    """The same of a large blob, a portion at a time; raises DecodeError when a line or an object is too large to be held."""
    most_bytes = max(portion_bytes, blob.large.most_held_bytes if blob.large else most_held(blob_bytes=blob.size_bytes))
    gathered: list[Portion] = []
    size = 0
    for part in _parts(index, pieces_of(blob), wanted, most_bytes):
        gathered.append(part)
        size += sum(map(len, part.objects))
        if size >= portion_bytes:
            yield _joined(gathered)
            gathered, size = [], 0
    yield _joined(gathered)


def most_held(*, blob_bytes: int) -> int:
    """How many bytes one line of a held blob may have: UTF-16 becomes longer as UTF-8."""
    return 2 * blob_bytes + 16


def _joined(parts: Sequence[Portion]) -> Portion:
    nothing = np.zeros(0, np.int64)
    return Portion(
        [one for part in parts for one in part.objects],
        np.concatenate([nothing, *(part.blob_index for part in parts)]),
        np.concatenate([nothing, *(part.line for part in parts)]),
        [note for part in parts for note in part.notes],
    )


def pieces_of(blob: Blob) -> Iterator[bytes]:
    """The plain bytes of a blob, held or not, in pieces."""
    if blob.large:
        yield from iter(partial(blob.large.open(), _PIECE_BYTES), b"")
    else:
        for start in range(0, len(blob.content), _PIECE_BYTES):
            yield blob.content[start : start + _PIECE_BYTES]


def _parts(index: int, pieces: Iterable[bytes], wanted: re.Pattern[bytes], most_bytes: int) -> Iterator[Portion]:
    """The objects of one blob, as they come."""
    plain = filter(None, unmarked_pieces(pieces))
    first = next(plain, b"")
    rest = _chained(first, plain)
    if is_document(first[:HEAD_BYTES]):
        yield from _of_document(index, rest, wanted, most_bytes)
    else:
        yield from _of_lines(index, rest, wanted, most_bytes)


def _chained(first: bytes, rest: Iterable[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def is_document(head: bytes) -> bool:
    """Whether a text that begins so is JSON over several lines, or an array, and not an object a line."""
    lines = [line for line in head.lstrip(_BLANK).split(b"\n", 64) if line.strip(_BLANK)]
    if not lines or lines[0][:1] == b"[":
        return bool(lines)
    if lines[0][:1] != b"{" or _loaded(lines[0]) is not None:
        return False
    # A line that is broken is not yet a document.
    return not (len(lines) > 1 and lines[1].startswith(b'{"') and _loaded(lines[1]) is not None)


# Lines -----------------------------------------------------------------------------------------------------------------


def _of_lines(index: int, pieces: Iterable[bytes], wanted: re.Pattern[bytes], most_bytes: int) -> Iterator[Portion]:
    lines_above = 0
    for content in whole_lines(pieces, most_bytes=most_bytes):
        content, notes = _readable(index, content)
        data = np.frombuffer(content, np.uint8)
        feeds = np.flatnonzero(data == _LINE_FEED)
        ends = feeds if content.endswith(b"\n") else np.append(feeds, len(content))
        starts = np.concatenate([[0], ends[:-1] + 1])
        marked = np.searchsorted(ends, np.fromiter(_first_of_each_line(content, wanted), np.int64))
        spans = zip(starts[marked].tolist(), ends[marked].tolist(), strict=True)
        objects = [_unprefixed(content[start:end]) for start, end in spans]
        notes += _others(index, content, starts=starts, ends=ends, marked=marked)
        yield Portion(objects, np.full(len(objects), index, np.int64), marked + lines_above + 1, notes)
        lines_above += len(ends)


def _first_of_each_line(content: bytes, wanted: re.Pattern[bytes]) -> Iterator[int]:
    """Where on a line what is wanted stands first: an object has a dozen of it."""
    # The mark that it begins with is quickly found. The rest is only looked at: it may reach into the next line, which has its own.
    rest = wanted.pattern.removeprefix(b'"')
    return (found.start() for found in re.finditer(b'"(?=' + rest + rb")[^\n]*", content))


def _unprefixed(line: bytes) -> bytes:
    """A log's line from its object on."""
    line = line.strip(_BLANK)
    return line if line[:1] == b"{" else line[max(line.find(b"{"), 0) :]


def _others(index: int, content: bytes, *, starts: Int64s, ends: Int64s, marked: Int64s) -> list[Note]:
    """What is neither wanted nor blank."""
    if len(marked) == len(ends):
        return []
    solid = np.concatenate([[0], np.cumsum(np.frombuffer(content, np.uint8) > _SPACE)])
    filled = solid[ends] > solid[starts]
    filled[marked] = False
    rows = np.flatnonzero(filled)
    return [note_of(index, "other_lines", len(rows), content[starts[rows[0]] : ends[rows[0]]])] if len(rows) else []


def whole_lines(pieces: Iterable[bytes], *, most_bytes: int) -> Iterator[bytes]:
    """The same bytes in pieces that end with a line."""
    begun: list[bytes] = []
    size = 0
    for piece in pieces:
        end = piece.rfind(b"\n") + 1
        if end:
            yield b"".join((*begun, piece[:end]))
            begun, size = [], 0
        begun.append(piece[end:])
        size += len(piece) - end
        _check_size(size, most_bytes, "line")
    if size:
        yield b"".join(begun)


def _check_size(size: int, most_bytes: int, what: str) -> None:
    if size > most_bytes:
        raise DecodeError(
            f"one {what} of it has more than {most_bytes:,} bytes, the most that is held of one; "
            f"give --memory {-(-16 * most_bytes >> 20)}MiB, or write moments by themselves"
        )


def _readable(index: int, content: bytes) -> tuple[bytes, list[Note]]:
    """The content as UTF-8, with U+FFFD for what is not."""
    if _is_utf8(content):
        return content, []
    return content.decode("utf-8", "replace").encode(), [Note(index, "text_not_utf8", 1)]


def _is_utf8(content: bytes) -> bool:
    if content.isascii():
        return True
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


# Other text ------------------------------------------------------------------------------------------------------------


def _of_document(index: int, pieces: Iterable[bytes], wanted: re.Pattern[bytes], most_bytes: int) -> Iterator[Portion]:
    begun = bytearray()
    scanned, is_in_list, number = 0, False, 0
    for piece in _chained_with_end(pieces):
        begun += piece or b""
        # What was looked at in vain is looked at again when there is twice as much.
        if piece is not None and len(begun) < 2 * scanned:
            continue
        spans, is_in_list = _spans(bytes(begun), is_in_list=is_in_list)
        found = [bytes(begun[start:end]) for start, end in spans]
        kept = [place for place, one in enumerate(found) if wanted.search(one)]
        objects = [found[place].replace(b"\r", b" ").replace(b"\n", b" ") for place in kept]
        lines = np.array(kept, np.int64) + number + 1
        notes = [note_of(index, "other_lines", len(found) - len(kept), b"")] if len(found) > len(kept) else []
        del begun[: spans[-1][1] if spans else 0]
        if piece is None and (odd := begun.strip(_BLANK + b"],")):
            notes.append(note_of(index, "malformed_line", 1, bytes(odd[:_EXAMPLE_CHARS])))
        if not all(map(_is_utf8, objects)):
            objects = [one.decode("utf-8", "replace").encode() for one in objects]
            notes.append(Note(index, "text_not_utf8", 1))
        yield Portion(objects, np.full(len(kept), index, np.int64), lines, notes)
        number += len(found)
        scanned = len(begun)
        _check_size(scanned, most_bytes, "object")


def _chained_with_end(pieces: Iterable[bytes]) -> Iterator[bytes | None]:
    yield from pieces
    yield None


def _spans(content: bytes, *, is_in_list: bool) -> tuple[list[tuple[int, int]], bool]:
    """Where whole objects begin and end that stand alone or in an array, and whether an array is open behind the last.

    content  begins outside of any object, behind the `[` of an array when `is_in_list`
    """
    data = np.frombuffer(content, np.uint8)
    brackets = np.flatnonzero(np.isin(data, (*_OPENING, *_CLOSING)) & ~_in_strings(data))
    is_opening = np.isin(data[brackets], _OPENING)
    after = np.cumsum(np.where(is_opening, 1, -1)) + is_in_list
    before = np.concatenate([[int(is_in_list)], after[:-1]])
    # Which bracket opened the outermost value that each stands in; none does where an array was open before.
    outermost = np.maximum.accumulate(np.where(is_opening & (before == 0), np.arange(len(brackets)), -1))
    in_list = np.where(outermost < 0, is_in_list, data[brackets[np.maximum(outermost, 0)]] != _BRACE)
    base = in_list.astype(np.int64)
    begins = np.flatnonzero(is_opening & (before == base) & (before >= 0))
    ends = np.flatnonzero(~is_opening & (after == base) & (before > base))
    whole = min(len(begins), len(ends))
    spans = [
        (start, end + 1)
        for start, end in zip(brackets[begins[:whole]].tolist(), brackets[ends[:whole]].tolist(), strict=True)
        if content[start] == _BRACE
    ]
    if not spans:
        return [], is_in_list
    last = ends[:whole][[content[brackets[b]] == _BRACE for b in begins[:whole]]][-1]
    return spans, bool(after[last] > 0)


def _in_strings(data: Bytes) -> Bools:
    """Which bytes stand in a string, its first quotation mark included."""
    quotes = data == _QUOTE
    slashes = np.flatnonzero(data == _BACKSLASH)
    if len(slashes):
        # A mark behind an odd number of backslashes is text.
        first = np.concatenate([[True], np.diff(slashes) > 1])
        run_start = np.maximum.accumulate(np.where(first, slashes, 0))
        last = np.concatenate([first[1:], [True]])
        odd = slashes[last & ((slashes - run_start) % 2 == 0)] + 1
        quotes[odd[odd < len(data)]] = False
    return np.logical_xor.accumulate(quotes)


# Objects ---------------------------------------------------------------------------------------------------------------


def tables(objects: Sequence[bytes], schema: pa.Schema) -> Iterator[tuple[int, int, pa.Table]]:
    """Tables of ranges of the objects; those of which one is not of this shape are missing, with a few beside them.

    Fields that the schema does not name are ignored, absent ones are null.
    """
    todo = [(0, len(objects))]
    while todo:
        first, last = todo.pop()
        if first == last:
            continue
        table = _table(objects[first:last], schema)
        if table is not None:
            yield first, last, table
        elif last - first > _FEW:
            middle = (first + last) // 2
            todo += [(middle, last), (first, middle)]


def _table(objects: Sequence[bytes], schema: pa.Schema) -> pa.Table | None:
    content = b"\n".join(objects) + b"\n"
    options = pa_json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore")
    blocks = pa_json.ReadOptions(use_threads=False, block_size=len(content) + 1)
    try:
        table = pa_json.read_json(pa.BufferReader(content), read_options=blocks, parse_options=options)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None
    return table if table.num_rows == len(objects) else None


def _loaded(content: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(content.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def loaded(content: bytes) -> dict[str, Any] | None:
    """One object by itself; None for what is not one. Of a key that is there twice the last counts, as for encoding/json."""
    return _loaded(content)


def broken(portion: Portion, rows: Iterable[int], *, kind: str = "malformed_line") -> list[Note]:
    """Objects that nothing came of, by blob, each with the first."""
    counts: Counter[int] = Counter()
    first: dict[int, int] = {}
    for row in rows:
        index = int(portion.blob_index[row])
        counts[index] += 1
        first.setdefault(index, row)
    return [
        note_of(index, kind, count, b"%d: " % portion.line[first[index]] + portion.objects[first[index]])
        for index, count in counts.items()
    ]


def note_of(index: int, kind: str, count: int, example: bytes) -> Note:
    """A note with the beginning of what it is about."""
    return Note(index, kind, count, example[: 4 * _EXAMPLE_CHARS].decode("utf-8", "replace")[:_EXAMPLE_CHARS])


def head_of(content: bytes) -> bytes:
    """What tells what a file is: how it begins, as UTF-8."""
    return unmarked(content[:HEAD_BYTES])
