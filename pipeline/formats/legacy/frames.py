"""The comment lines in which Go's text names the frames of a record: `#\t0x61b4bc\tsync.(*Mutex).Unlock+0x3c\tsync/mutex.go:65`.

runtime/pprof/pprof.go: printStackRecord prints one line for each frame, inlined ones included, with its address and how far
behind the beginning of the machine function that is. So lines of one beginning that follow one another are one
location: the last of them is the function itself, those before were inlined into it. A function that calls itself
begins again behind each line of its own name. The program's own profile of that moment has the same locations.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import polars as pl
import pyarrow as pa

from pipeline.formats.legacy.wire import texts_at
from pipeline.formats.samples import ranges, symbols
from pipeline.kernels.ids import first_of_each
from pipeline.kernels.text.lines import cut_records, fill_slots, line_feeds, location_ends
from pipeline.kernels.xxh64 import hash_rows
from pipeline.values import Bools, Bytes, Int64s, Strings, Symbols, UInt64s

# Go has a tabulator between the columns, or several; a text that went through a terminal may have blanks.
_FRAME: Final = (
    r"^#[ \t]+0x(?<pc>[0-9a-f]{1,16})"
    r"(?:[ \t]+(?<name>[^ \t].*)\+0x(?<offset>[0-9a-f]{1,16})[ \t]+(?<file>.*):(?<line>-?[0-9]{1,18}))?$"
)
# What a line takes besides its characters.
_LINE_BYTES: Final = 150


@dataclass(frozen=True, slots=True)
class Cut:
    """The records of a text and their comments, as `cut_records` finds them.

    records   int64 (4, n)  start, end, first `@` or the end, and line from 0
    comments  int64 (2, m)  number among all that are known, and record
    labels    int64 (3, l)  start, length and record of comments that may be labels
    end       where the records end in the text, behind so many line feeds
    """

    data: Bytes
    records: Int64s
    comments: Int64s
    labels: Int64s
    end: int
    n_feeds: int


@dataclass(slots=True)
class FrameLines:
    """The distinct comment lines of a text, numbered from 1 as they come; remembered while it is read piece by piece.

    known, hashes, slots, lines  what `cut_records` knows of them, and fills
    said  what those of each piece say that were new in it; number 0 says nothing
    """

    known: Int64s = field(default_factory=lambda: np.zeros((5, 1), np.int64))
    hashes: UInt64s = field(default_factory=lambda: np.zeros(1, np.uint64))
    slots: Int64s = field(default_factory=lambda: np.zeros(2, np.int64))
    lines: Bytes = field(default_factory=lambda: np.empty(0, np.uint8))
    factor: np.uint64 = field(default_factory=lambda: np.uint64(secrets.randbits(64) | 1))
    said: list[pl.DataFrame] = field(default_factory=lambda: [_said(pl.Series([""]))])
    is_frame: Bools = field(default_factory=lambda: np.zeros(1, np.bool_))
    is_named: Bools = field(default_factory=lambda: np.zeros(1, np.bool_))

    @property
    def size_bytes(self) -> int:
        """What they take."""
        return 2 * int(self.known[1, 0]) + _LINE_BYTES * int(self.known[0, 0])

    def cut(self, data: Bytes, *, is_ended: bool) -> Cut:
        """Cut a text into records; `is_ended` is whether a line that begins with `---` ends them."""
        # A kernel that is not compiled counts in numpy's integers.
        room = int(line_feeds(data)) + 1
        self._make_room(room, len(data))
        records, comments, fresh, labels, end, n_feeds = cut_records(
            data, is_ended, room, self.known, self.hashes, self.slots, self.lines, self.factor
        )
        if fresh.shape[1]:
            said = _said(texts_at(data, *fresh))
            self.said.append(said)
            self.is_frame = np.append(self.is_frame, said["is_frame"].to_numpy())
            self.is_named = np.append(self.is_named, (said["name"] != "").to_numpy())
        return Cut(data, records, comments, labels, end, n_feeds)

    def _make_room(self, n_lines: int, n_bytes: int) -> None:
        """For so many more lines; what is only reserved takes no memory."""
        count, used = self.known[:2, 0].tolist()
        if count + 1 + n_lines > len(self.hashes):
            room = 2 * (count + 1 + n_lines)
            known, hashes = np.zeros((5, room), np.int64), np.zeros(room, np.uint64)
            known[:, : count + 1], hashes[: count + 1] = self.known[:, : count + 1], self.hashes[: count + 1]
            self.known, self.hashes = known, hashes
            self.slots = np.zeros(1 << (2 * room).bit_length(), np.int64)
            fill_slots(hashes[: count + 1], self.slots, self.factor)
        if used + n_bytes > len(self.lines):
            lines = np.empty(2 * (used + n_bytes), np.uint8)
            lines[:used] = self.lines[:used]
            self.lines = lines


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
    name = frames.known["name"]
    # A line without a name says where the frame is, and no more.
    code = np.where((name == "").to_numpy(), -1, _codes(name))
    ends = location_ends(frames.record, frames.frame, np.array(frames.known["entry"]), code)
    starts = np.append(0, ends[:-1] + 1) if len(ends) else ends
    numbers = frames.frame.astype(np.uint64)
    first, location = first_of_each(hash_rows(numbers, np.append(starts, len(numbers))))
    sizes = (ends - starts + 1)[first]
    lines = frames.frame[ranges(starts[first], sizes)]
    named = code[lines] >= 0
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
