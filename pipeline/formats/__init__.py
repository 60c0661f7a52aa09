"""The formats heapscape reads.

To add one: a folder `formats/<name>/` with `__init__.py` (a FORMAT and a page of prose), `wire.py` (how the
bytes are laid out) and `decode.py` (what they mean), a line in FORMATS, and its tables in `schemas/`.
"""

from __future__ import annotations

import re
from typing import Final

from pipeline.errors import UnknownFormat
from pipeline.formats import binary, escape, gctrace, goroutines, gotrace, legacy, memstats, metrics, otlp, pprof
from pipeline.values import Blob, Format

FORMATS: tuple[Format, ...] = (
    binary.FORMAT,
    legacy.FORMAT,
    escape.FORMAT,
    gotrace.FORMAT,
    memstats.FORMAT,
    metrics.FORMAT,
    otlp.FORMAT,
    pprof.FORMAT,
    gctrace.FORMAT,
    goroutines.FORMAT,
)


# What somebody names who means what heapscape has made: how it begins, and what to do. A database does with a checksum, which
# may be what a profile begins with, and has its version behind the mark.
_OURS: Final = {
    rb"(?s:.{8})DUCK(?s:.)\0{7}": "a DuckDB database, and no profile; ask it with --db FILE",
    rb"PAR1": "a Parquet file, as a lake has them, and no profile; load one with: heapscape load --lake DIR --db FILE",
}


def recognise(blob: Blob) -> Format:
    """The format of a blob, from its bytes alone; raises UnknownFormat with what they look like.

    Raises what reading a blob that is not held raises.
    """
    if not blob.content:
        raise UnknownFormat("the file is empty; a CPU profile or a trace that was never stopped leaves such a file")
    if ours := next((said for begin, said in _OURS.items() if re.match(begin, blob.content)), ""):
        raise UnknownFormat(ours)
    for candidate in FORMATS:
        if candidate.recognise(blob.content) or (candidate.may_hold(blob.content) and candidate.holds(blob)):
            return candidate
    if _is_wide(blob.content):
        raise UnknownFormat(
            "UTF-16 text without a byte order mark; make it UTF-8 with: iconv -f UTF-16LE -t UTF-8 FILE"
        )
    raise UnknownFormat(f"not a format heapscape knows; it begins with {_beginning(blob.content)}")


def _is_wide(content: bytes) -> bool:
    """Whether each second byte is none, as of Latin letters in UTF-16-LE, and the others are text."""
    head = content[:256]
    return len(head) > 8 and not any(head[1::2]) and all(byte >= 32 or byte in b"\t\n\r" for byte in head[::2])


def is_known(head: bytes) -> bool:
    """Whether a file that begins with these bytes is of some format."""
    return any(candidate.recognise(head) for candidate in FORMATS)


def is_streamed(head: bytes) -> bool:
    """Whether a file that begins with these bytes can be decoded, if it can at all, without being held."""
    known = next((candidate for candidate in FORMATS if candidate.recognise(head) or candidate.may_hold(head)), None)
    return known is not None and known.is_streamed


def _beginning(content: bytes) -> str:
    head = content[:32]
    text = head.decode("utf-8", "replace")
    return repr(text) if text.isprintable() or text.replace("\n", "").isprintable() else head[:16].hex(" ")
