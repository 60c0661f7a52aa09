"""The comment lines in which Go's text names the frames of a record: `#\t0x61b4bc\tsync.(*Mutex).Unlock+0x3c\tsync/mutex.go:65`.

runtime/pprof/pprof.go: printStackRecord prints one line for each frame, inlined ones included, with its address and how far
behind the beginning of the machine function that is. So lines of one beginning that follow one another are one
location: the last of them is the function itself, those before were inlined into it. A function that calls itself
begins again behind each line of its own name. The program's own profile of that moment has the same locations.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import polars as pl
import pyarrow as pa

from pipeline.formats.legacy.wire import Lines
from pipeline.formats.samples import ranges, symbols
from pipeline.kernels.ids import first_of_each
from pipeline.kernels.xxh64 import hash_rows, hash_spans
from pipeline.values import Bools, Int64s, Strings, Symbols, UInt64s

# Go has a tabulator between the columns, or several; a text that went through a terminal may have blanks.
_FRAME: Final = (
    r"^#[ \t]+0x(?<pc>[0-9a-f]{1,16})"
    r"(?:[ \t]+(?<name>[^ \t].*)\+0x(?<offset>[0-9a-f]{1,16})[ \t]+(?<file>.*):(?<line>-?[0-9]{1,18}))?$"
)


@dataclass(slots=True)
class FrameLines:
    """The distinct comment lines of a text, numbered as they come; remembered while it is read piece by piece.

    hashes   uint64  of each, sorted
    numbers  int64   its number
    said     what those of each piece say that were new in it
    """

    hashes: UInt64s = field(default_factory=lambda: np.empty(0, np.uint64))
    numbers: Int64s = field(default_factory=lambda: np.empty(0, np.int64))
    said: list[pl.DataFrame] = field(default_factory=lambda: [_said(pl.Series([], dtype=pl.String))])
    is_frame: Bools = field(default_factory=lambda: np.empty(0, np.bool_))
    is_named: Bools = field(default_factory=lambda: np.empty(0, np.bool_))

    def numbers_of(self, lines: Lines, rows: Int64s) -> Int64s:
        """The number of each of the comment lines `rows`."""
        hashes = hash_spans(lines.data, lines.starts[rows], lines.lengths[rows])
        first, distinct = first_of_each(hashes)
        found = hashes[first]
        place = np.minimum(np.searchsorted(self.hashes, found), len(self.hashes) - 1)
        is_new = self.hashes[place] != found if len(self.hashes) else np.ones(len(found), np.bool_)
        if is_new.any():
            self._add(found[is_new], lines.texts(rows[first[is_new]]))
            place = np.searchsorted(self.hashes, found)
        return self.numbers[place][distinct] if len(found) else np.empty(0, np.int64)

    def _add(self, hashes: UInt64s, texts: pl.Series) -> None:
        said = _said(texts)
        self.said.append(said)
        self.is_frame = np.append(self.is_frame, said["is_frame"].to_numpy())
        self.is_named = np.append(self.is_named, (said["name"] != "").to_numpy())
        numbers = np.append(self.numbers, len(self.numbers) + np.arange(len(hashes)))
        hashes = np.append(self.hashes, hashes)
        order = np.argsort(hashes, kind="stable")
        self.hashes, self.numbers = hashes[order], numbers[order]


@dataclass(frozen=True, slots=True)
class Frames:
    """The frames of consecutive records.

    record  int64 (n,)   whose each is, rising
    frame   int64 (n,)   which of the known ones it is
    known   what they say: pc, entry, name and file (both "" where it has no name), line
    """

    record: Int64s
    frame: Int64s
    known: pl.DataFrame


def _said(texts: pl.Series) -> pl.DataFrame:
    """What comment lines say; some say nothing of a frame."""
    groups = texts.str.extract_groups(_FRAME).struct.unnest()
    return groups.select(
        pl.col("pc").is_not_null().alias("is_frame"),
        _hexadecimal("pc").fill_null(0).alias("pc"),
        (_hexadecimal("pc").fill_null(0) - _hexadecimal("offset").fill_null(0)).alias("entry"),
        pl.col("name", "file").str.strip_chars_end().fill_null(""),
        pl.col("line").cast(pl.Int64).fill_null(0),
    )


def _hexadecimal(column: str) -> pl.Expr:
    return pl.col(column).str.to_integer(base=16, dtype=pl.UInt64, strict=False)


def stacks_of(frames: Frames, count: int) -> Symbols:
    """The stacks of `count` records, those of them without frames empty."""
    ends = _location_ends(frames)
    starts = np.append(0, ends[:-1] + 1) if len(ends) else ends
    numbers = frames.frame.astype(np.uint64)
    first, location = first_of_each(hash_rows(numbers, np.append(starts, len(numbers))))
    sizes = (ends - starts + 1)[first]
    lines = frames.frame[ranges(starts[first], sizes)]
    named = (frames.known["name"] != "").to_numpy()[lines]
    functions, line_function, strings = _functions(frames.known[lines[named]])
    return symbols(
        strings=strings,
        location_address=frames.known["pc"].to_numpy()[frames.frame[starts[first]]],
        location_line_offsets=np.append(0, np.cumsum(named))[np.append(0, np.cumsum(sizes))],
        line_function=line_function,
        line_line=frames.known["line"].to_numpy()[lines[named]],
        stack_offsets=np.append(0, np.cumsum(np.bincount(frames.record[ends], minlength=count))),
        stack_locations=location,
        **functions,
    )


def _location_ends(frames: Frames) -> Int64s:
    """The last frame of each location."""
    n = len(frames.frame)
    if not n:
        return np.empty(0, np.int64)
    entry = frames.known["entry"].to_numpy()[frames.frame]
    name = _codes(frames.known["name"])[frames.frame]
    named = (frames.known["name"] != "").to_numpy()[frames.frame]
    same = (entry[1:] == entry[:-1]) & (frames.record[1:] == frames.record[:-1]) & named[1:] & named[:-1]
    run_ends = np.append(np.flatnonzero(~same), n - 1)
    is_end = name == name[run_ends][np.cumsum(np.append(0, ~same))]
    is_end[run_ends] = True
    return np.flatnonzero(is_end)


def _codes(texts: pl.Series) -> Int64s:
    """Equal numbers for equal texts."""
    return texts.rank("dense").to_numpy().astype(np.int64)


def _functions(frames: pl.DataFrame) -> tuple[dict[str, Any], Int64s, Strings]:
    """The distinct functions of some frames, which of them each is of, and their texts."""
    numbered = frames.select("name", "file").with_row_index("row")
    distinct = numbered.unique(["name", "file"], keep="first", maintain_order=True).with_row_index("function")
    function = numbered.join(distinct, on=["name", "file"], how="left", maintain_order="left")["function"]
    n = distinct.height
    columns = {"function_name_text": np.arange(n), "function_file_text": np.arange(n, 2 * n)}
    return (
        columns,
        function.to_numpy().astype(np.int64),
        strings_of_texts(pl.concat([distinct["name"], distinct["file"]])),
    )


def strings_of_texts(texts: pl.Series) -> Strings:
    """Texts as spans of the buffer that they stand in."""
    array = texts.to_arrow().cast(pa.large_string())
    offsets = np.frombuffer(array.buffers()[1], np.int64)[array.offset : array.offset + len(array) + 1]
    data = np.frombuffer(array.buffers()[2], np.uint8) if array.buffers()[2] else np.empty(0, np.uint8)
    return Strings(data, offsets[:-1].copy(), np.diff(offsets))
