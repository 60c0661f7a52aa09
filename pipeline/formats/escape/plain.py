"""The text spellings as the compiler printed them, whatever a terminal, a build or a shell made of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

import polars as pl
import pyarrow as pa

from pipeline.formats.escape import wire
from pipeline.formats.escape.ndjson import objects
from pipeline.formats.escape.recognise import COLOUR, HEAD_BYTES, STAMP, is_wrapped, unmarked, unmarked_pieces
from pipeline.formats.escape.wire import oddities

_BEFORE_LINES: Final = re.compile(rb"^(?:" + COLOUR + rb"){0,8}" + STAMP + rb"|" + COLOUR, re.MULTILINE)
_STAMPED: Final = re.compile(rb"^" + STAMP + rb"(?:# |[^\n]{1,4096}?:\d+: )|" + COLOUR, re.MULTILINE)
_EVENTS: Final = pa.schema([("ImportPath", pa.string()), ("Action", pa.string()), ("Output", pa.string())])


@dataclass(slots=True)
class Unmade:
    """One report on its way to plain text, piece by piece.

    head        how it begins, which says what it is wrapped in
    odd         oddities of what was read so far
    lines       how many lines that were
    is_damaged  some of it was not UTF-8, which is told once
    current     the package that the text spoke of last, of `go build -json`
    begun       how the last line of each package begins, where events end within lines
    """

    blob_index: int
    head: bytes
    odd: list[pl.DataFrame] = field(default_factory=list)
    lines: int = 0
    is_damaged: bool = False
    current: str | None = None
    begun: dict[str, str] = field(default_factory=dict)


def plain(pieces: Iterable[bytes], unmade: Unmade) -> Iterator[bytes]:
    """The lines as the compiler printed them: UTF-8, unwrapped, without colours and time stamps.

    pieces  whole lines; of UTF-16 anything
    """
    head = unmarked(unmade.head)
    wrapped = is_wrapped(head)
    stamped = False if wrapped else _STAMPED.search(head) is not None
    for marked in unmarked_pieces(pieces):
        content, unreadable = wire.readable(marked, unmade.blob_index, lines_above=unmade.lines)
        if unreadable.height and not unmade.is_damaged:
            unmade.odd.append(unreadable)
            unmade.is_damaged = True
        lines = wire.count_lines(content)
        if wrapped:
            content = _unwrapped(content, unmade)
            stamped = stamped or _STAMPED.search(content[:HEAD_BYTES]) is not None
        unmade.lines += lines
        yield _BEFORE_LINES.sub(b"", content) if stamped else content
    for package, begun in unmade.begun.items():
        if begun:
            yield f"{_header(package, unmade)}{begun}\n".encode()


def _unwrapped(content: bytes, unmade: Unmade) -> bytes:
    """The text inside `go build -json`: packages build side by side, so their events are mixed."""
    lines = wire.cut(content)
    events, broken = objects(lines, _EVENTS)
    events = (
        events.filter(pl.col("Action") == "build-output")
        .drop_nulls("Output")
        .with_columns(pl.col("ImportPath").fill_null(""))
    )
    texts = events.group_by("ImportPath", maintain_order=True).agg(pl.col("Output").str.join(""))
    text = b"".join(content[lines.starts[row] : lines.ends[row]][:400] for row in broken[:1]).decode("utf-8", "replace")
    frame = pl.DataFrame({"line": broken + 1 + unmade.lines}).with_columns(
        blob_index=pl.lit(unmade.blob_index), text=pl.lit(text)
    )
    unmade.odd.append(oddities("malformed_line", frame))
    return "".join(_continued(package, output, unmade) for package, output in texts.iter_rows()).encode()


def _continued(package: str, output: str, unmade: Unmade) -> str:
    """The whole lines of a package, under its header where it was spoken of before and another was since."""
    header = _header(package, unmade) if package in unmade.begun else ""
    text = unmade.begun.get(package, "") + output
    end = text.rfind("\n") + 1
    unmade.begun[package] = text[end:]
    unmade.current = package
    return header + text[:end]


def _header(package: str, unmade: Unmade) -> str:
    return f"# {package}\n" if package not in ("", unmade.current) else ""
