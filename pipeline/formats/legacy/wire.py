"""How text is laid out: lines found as positions in the bytes, and taken out as columns.

A heap profile of a large program has millions of lines, most of which say what another said already.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

import numpy as np
import polars as pl
import pyarrow as pa

from pipeline.errors import DecodeError
from pipeline.kernels.gather import gather_spans
from pipeline.values import Blob, Bytes, Int64s, Large

_PIECE_BYTES: Final = 8 << 20
_INDENT_BYTES: Final = 64
_FIRST_NOT_ASCII: Final = 128
_TRAILER: Final = b"\n# runtime.MemStats\n"
_UTF8_MARK: Final = b"\xef\xbb\xbf"


def texts_at(data: Bytes, starts: Int64s, lengths: Int64s) -> pl.Series:
    """Spans of bytes, which are UTF-8, as text."""
    copied, offsets = gather_spans(data, starts, lengths, np.arange(len(starts)))
    array = pa.StringArray.from_buffers(len(starts), pa.py_buffer(offsets), pa.py_buffer(copied))
    found = pl.from_arrow(array)
    assert isinstance(found, pl.Series)
    return found


def pieces_of(blob: Blob, *, piece_bytes: int = _PIECE_BYTES) -> Iterator[Bytes]:
    """The text of a blob in pieces, each but the last of which ends where a line begins that is no comment.

    It is UTF-8: other bytes are replaced. Raises DecodeError where a record has no end.
    """
    return (
        _held_pieces(blob.content, piece_bytes) if blob.large is None else _ahead(_read_pieces(blob.large, piece_bytes))
    )


def _ahead(pieces: Iterator[Bytes]) -> Iterator[Bytes]:
    """The same; a thread reads each while the one before it is used."""
    with ThreadPoolExecutor(1, thread_name_prefix="pieces") as beside:
        made = beside.submit(next, pieces, None)
        while (piece := made.result()) is not None:
            made = beside.submit(next, pieces, None)
            yield piece


def _read_pieces(large: Large, size: int) -> Iterator[Bytes]:
    """Pieces of a text that is not in memory."""
    held = large.most_held_bytes
    begun = b""
    for place, piece in enumerate(iter(partial(large.open(), min(size, held)), b"")):
        piece = piece.removeprefix(_UTF8_MARK) if place == 0 else piece
        # A record may begin with the piece, or within a line that it ends: what is begun is looked at as well then.
        end = _last_record(piece, 0, len(piece))
        if end:
            yield _utf8(b"".join((begun, memoryview(piece)[:end])))
            begun = piece[end:]
        else:
            # What was begun has been looked through but for its end.
            searched = max(len(begun) - _INDENT_BYTES, 0)
            begun += piece
            end = _last_record(begun, searched, len(begun))
            if end:
                yield _utf8(begun[:end])
                begun = begun[end:]
        if len(begun) > held:
            raise DecodeError(f"a record of it has more than {held:,} bytes, the most that is held; it is damaged")
    if begun:
        yield _utf8(begun)


def _held_pieces(text: bytes, size: int) -> Iterator[Bytes]:
    """Pieces of a text in memory, of which none is copied: to make room for a copy takes longer than to read it."""
    start = stop = len(_UTF8_MARK) if text.startswith(_UTF8_MARK) else 0
    while start < len(text):
        # A record that is longer is looked for in twice as much.
        searched, stop = stop, stop + max(size, stop - start)
        end = len(text) if stop >= len(text) else _last_record(text, max(searched - _INDENT_BYTES, start), stop)
        if end > start:
            yield _utf8(memoryview(text)[start:end])
            start = stop = end


def _last_record(text: bytes, start: int, stop: int) -> int:
    """Where the last line begins in text[start:stop] that is not blank and no comment; 0 where that is the first, or there is none."""
    end = stop - 1
    while (end := text.rfind(b"\n", start, end)) >= 0:
        if text[end + 1 : min(end + 1 + _INDENT_BYTES, stop)].lstrip()[:1] not in (b"", b"#"):
            return end + 1
    return 0


def _utf8(text: bytes | memoryview) -> Bytes:
    data = np.frombuffer(text, np.uint8)
    if data.max(initial=0) < _FIRST_NOT_ASCII:
        return data
    return np.frombuffer(str(text, "utf-8", "replace").encode(), np.uint8)


def memstats_trailer(content: bytes) -> bytes:
    """The comment lines at the end of Go's heap profile that tell runtime.MemStats; b"" without them."""
    return content[start:] if (start := content.rfind(_TRAILER) + 1) else b""
