"""How text is laid out: lines found as positions in the bytes, and taken out as columns.

A heap profile of a large program has millions of lines, most of which say what another said already.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

import numpy as np
import polars as pl
import pyarrow as pa

from pipeline.errors import DecodeError
from pipeline.kernels.gather import gather_spans
from pipeline.values import Blob, Bytes, Int64s

_PIECE_BYTES: Final = 8 << 20
_INDENT_BYTES: Final = 64
_TRAILER: Final = b"\n# runtime.MemStats\n"
_UTF8_MARK: Final = b"\xef\xbb\xbf"


def texts_at(data: Bytes, starts: Int64s, lengths: Int64s) -> pl.Series:
    """Spans of bytes, which are UTF-8, as text."""
    copied, offsets = gather_spans(data, starts, lengths, np.arange(len(starts)))
    array = pa.StringArray.from_buffers(len(starts), pa.py_buffer(offsets), pa.py_buffer(copied))
    found = pl.from_arrow(array)
    assert isinstance(found, pl.Series)
    return found


def pieces_of(blob: Blob, *, piece_bytes: int = _PIECE_BYTES) -> Iterator[bytes]:
    """The text of a blob in pieces, each but the last of which ends where a line begins that is no comment.

    It is UTF-8: other bytes are replaced. Raises DecodeError where a record has no end.
    """
    held = blob.large.most_held_bytes if blob.large else blob.size_bytes
    begun = b""
    for piece in _plain(blob, min(piece_bytes, held)):
        # A record may begin with the piece, or within a line that it ends: what is begun is looked at as well then.
        end = _last_record(piece)
        if end:
            yield _utf8(b"".join((begun, memoryview(piece)[:end])))
            begun = piece[end:]
        else:
            begun += piece
            end = _last_record(begun)
            if end:
                yield _utf8(begun[:end])
                begun = begun[end:]
        if len(begun) > held:
            raise DecodeError(f"a record of it has more than {held:,} bytes, the most that is held; it is damaged")
    if begun:
        yield _utf8(begun)


def _plain(blob: Blob, size: int) -> Iterator[bytes]:
    if blob.large:
        pieces = iter(partial(blob.large.open(), size), b"")
    else:
        pieces = (blob.content[start : start + size] for start in range(0, len(blob.content), size))
    for place, piece in enumerate(pieces):
        yield piece.removeprefix(_UTF8_MARK) if place == 0 else piece


def _last_record(text: bytes) -> int:
    """Where the last line begins that is not blank and no comment; 0 where that is the first, or there is none."""
    end = len(text) - 1
    while (end := text.rfind(b"\n", 0, end)) >= 0:
        if text[end + 1 : end + 1 + _INDENT_BYTES].lstrip()[:1] not in (b"", b"#"):
            return end + 1
    return 0


def _utf8(text: bytes) -> bytes:
    if text.isascii():
        return text
    return text.decode("utf-8", "replace").encode()


def memstats_trailer(content: bytes) -> bytes:
    """The comment lines at the end of Go's heap profile that tell runtime.MemStats; b"" without them."""
    return content[start:] if (start := content.rfind(_TRAILER) + 1) else b""
