"""Text profiles of one record a line: numbers, `@`, addresses, and in Go's the names of the frames below it.

Each spelling says how the numbers before the `@` are written and what they come to; the rest is the same for all of them.
What pprof refuses is refused (google/pprof, profile/legacy_profile.go), and so are numbers that do not fit into 64 bits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Final

import numpy as np
import polars as pl

from pipeline.errors import DecodeError
from pipeline.formats.legacy.frames import FrameLines, Frames, stacks_of
from pipeline.formats.legacy.maps import SENTINELS
from pipeline.formats.legacy.quoted import quoted_labels
from pipeline.formats.legacy.wire import HASH, Lines, lines_of, texts_at
from pipeline.formats.samples import (
    Part,
    joined_strings,
    joined_symbols,
    ranges,
    strings_of,
    symbols,
    with_labels,
)
from pipeline.kernels.ids import first_of_each
from pipeline.kernels.text_lines import first_places, read_addresses
from pipeline.values import Int64s, Symbols, UInt64s

_AT: Final = 64
_EXAMPLE_CHARS: Final = 80
_BYTES_LABEL: Final = b"bytes"
_LABELS: Final = b"# labels: "


@dataclass(frozen=True, slots=True)
class Spelling:
    """How records are written.

    numbers  a pattern of what stands before the `@`, a group for each number
    values   int64 (n, groups) -> the values (n, sample types), and the size of one object or None where there is none.
             It raises BadRecord
    is_end   whether a line that begins with `---` ends the records
    totals   what the header says that the first of the numbers add up to
    """

    numbers: str
    values: Callable[[Int64s], tuple[Int64s, Int64s | None]]
    is_end: bool
    totals: tuple[int, ...] = ()


class BadRecord(Exception):
    """One of the records cannot be: which, and why."""

    def __init__(self, record: int, reason: str) -> None:
        super().__init__(reason)
        self.record = record


def first_bad(is_bad: np.ndarray, reason: str) -> None:
    """Raise BadRecord with the first of the records that are bad, if any is."""
    if is_bad.any():
        raise BadRecord(int(np.argmax(is_bad)), reason)


@dataclass(frozen=True, slots=True)
class _Piece:
    """The records of one piece of a text; they are numbered from its first one on.

    sizes      int64   of one object of each, where that is known
    sums       of the numbers before the `@`
    record     int64   whose each frame is
    frame      int64   its number among the text's frame lines
    bare       int64   records whose frames are not named
    bare_size  int64   how many addresses each of those has
    address    uint64  all of them
    labels     records that have labels, and what they say of them
    """

    values: Int64s
    sizes: Int64s | None
    sums: list[float]
    record: Int64s
    frame: Int64s
    bare: Int64s
    bare_size: Int64s
    address: UInt64s
    labels: list[tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Records:
    """The samples of a text, whether they are fewer than its header says, and the text behind them."""

    part: Part
    is_short: bool
    rest: bytes


def read_records(pieces: Iterable[bytes], spelling: Spelling, *, lines_above: int) -> Records:
    """The samples of a text; `pieces` begin behind the header."""
    known = FrameLines()
    read: list[_Piece] = []
    rest: list[bytes] = []
    for piece in pieces:
        if rest:
            rest.append(piece)
            continue
        end = end_of_records(piece, spelling)
        lines = lines_of(piece[:end])
        read.append(_piece(lines, spelling, known=known, lines_above=lines_above))
        lines_above += lines.n_feeds
        if end < len(piece):
            rest.append(piece[end:])
    totals = zip(spelling.totals, map(sum, zip(*(piece.sums for piece in read), strict=True)), strict=False)
    # Sums of large numbers are not exact, and those of shrunken heaps smaller than one would think.
    is_short = any(found < total * (1 - 1e-9) for total, found in totals)
    return Records(_part(read, known), is_short, b"".join(rest))


def end_of_records(text: bytes, spelling: Spelling) -> int:
    """Where the line begins that ends the records; where the text ends if there is none."""
    ends = [place for sentinel in SENTINELS for place in _places(text, sentinel)]
    if spelling.is_end:
        ends += [0] if text.startswith(b"---") else []
        ends += [place + 1 for place in [text.find(b"\n---")] if place >= 0]
    return min(ends, default=len(text))


def _places(text: bytes, sentinel: bytes) -> Iterator[int]:
    """The first line with these words that is no comment."""
    place = -1
    while (place := text.find(sentinel, place + 1)) >= 0:
        start = text.rfind(b"\n", 0, place) + 1
        if not text[start:place].lstrip().startswith(b"#"):
            yield start
            return


def _piece(lines: Lines, spelling: Spelling, *, known: FrameLines, lines_above: int) -> _Piece:
    is_comment = lines.data[lines.starts] == HASH
    rows = np.flatnonzero(~is_comment)
    try:
        ats = _ats(lines, rows)
        numbers = _numbers(lines, rows, ats, spelling)
        values, sizes = spelling.values(numbers)
        n_addresses, addresses = _addresses(lines, rows, ats)
    except BadRecord as bad:
        raise DecodeError(_sentence(lines, int(rows[bad.record]), str(bad), lines_above)) from bad
    comments = np.flatnonzero(is_comment)
    record = np.cumsum(~is_comment)[comments] - 1
    comments, record = comments[record >= 0], record[record >= 0]
    is_labels = lines.data[np.minimum(lines.starts[comments] + 2, len(lines.data) - 1)] == _LABELS[2]
    frame = known.numbers_of(lines, comments[~is_labels])
    is_told = np.zeros(len(rows), np.bool_)
    is_told[record[~is_labels][known.is_named[frame]]] = True
    kept = known.is_frame[frame] & is_told[record[~is_labels]]
    bare = np.flatnonzero(~is_told)
    bare_size = n_addresses[bare]
    begins = np.cumsum(n_addresses) - n_addresses
    # The call, and not where it returns to.
    address = addresses[ranges(begins[bare], bare_size)] - np.uint64(1)
    texts = zip(record[is_labels].tolist(), lines.texts(comments[is_labels]).to_list(), strict=True)
    return _Piece(
        values,
        sizes,
        numbers.sum(axis=0, dtype=np.float64).tolist(),
        record[~is_labels][kept],
        frame[kept],
        bare,
        bare_size,
        address,
        [(owner, text) for owner, text in texts if text.startswith(_LABELS.decode())],
    )


def _part(read: Sequence[_Piece], known: FrameLines) -> Part:
    """All pieces as one."""
    bases = list(accumulate((len(piece.values) for piece in read), initial=0))
    pairs = list(zip(read, bases, strict=False))
    count = bases[-1]
    frames = Frames(
        _all(piece.record + base for piece, base in pairs), _all(piece.frame for piece in read), pl.concat(known.said)
    )
    found = stacks_of(frames, count)
    bare = _all(piece.bare + base for piece, base in pairs)
    if len(bare):
        sizes, address = _all(piece.bare_size for piece in read), np.concatenate([piece.address for piece in read])
        found = _spliced(found, _bare_stacks(sizes, address), bare)
    values = _all(piece.values.ravel() for piece in read)
    part = Part(values, found, np.empty((0, 4), np.int64), np.zeros(count, np.int64))
    labels = [(owner + base, text) for piece, base in pairs for owner, text in piece.labels]
    objects = [piece.sizes for piece in read if piece.sizes is not None]
    return _sized(part, _all(objects)) if objects else _labelled(part, labels)


def _all(arrays: Iterable[Int64s]) -> Int64s:
    return np.concatenate([np.empty(0, np.int64), *arrays])


def _sentence(lines: Lines, row: int, reason: str, lines_above: int) -> str:
    line = lines.texts(np.array([row]))[0]
    return f"line {int(lines.number[row]) + 1 + lines_above}: {line[:_EXAMPLE_CHARS]!r}: {reason}"


def _ats(lines: Lines, rows: Int64s) -> Int64s:
    """Where the `@` of each record stands."""
    ends = (lines.starts + lines.lengths)[rows]
    ats = first_places(lines.data, lines.starts[rows], ends, _AT)
    first_bad(ats >= ends, "it is no record: there is no @ in it; the file may be cut off")
    return ats


def _numbers(lines: Lines, rows: Int64s, ats: Int64s, spelling: Spelling) -> Int64s:
    """What stands before the `@` of each record."""
    heads = texts_at(lines.data, lines.starts[rows], ats - lines.starts[rows])
    groups = heads.str.extract_groups(spelling.numbers).struct.unnest()
    first_bad(groups.to_series(0).is_null().to_numpy(), "before the @ stand other numbers than such a record has")
    numbers = groups.select(pl.all().cast(pl.Int64, strict=False))
    first_bad(
        numbers.select(pl.any_horizontal(pl.all().is_null())).to_series().to_numpy(), "a number takes more than 64 bits"
    )
    return numbers.to_numpy()


def _addresses(lines: Lines, rows: Int64s, ats: Int64s) -> tuple[Int64s, UInt64s]:
    """How many addresses each record has, and all of them; what follows something else is none, as for pprof."""
    sizes, addresses, is_large = read_addresses(lines.data, ats + 1, (lines.starts + lines.lengths)[rows])
    first_bad(is_large, "an address takes more than 64 bits")
    return sizes, addresses


def _bare_stacks(sizes: Int64s, address: UInt64s) -> Symbols:
    first, location = first_of_each(address)
    offsets = np.append(0, np.cumsum(sizes))
    return symbols(location_address=address[first], stack_offsets=offsets, stack_locations=location)


def _spliced(named: Symbols, others: Symbols, places: Int64s) -> Symbols:
    """The stacks of `named`, of which those at `places` are the others."""
    both = joined_symbols([named, others])
    count = len(named.stack_offsets) - 1
    order = np.arange(count)
    order[places] = count + np.arange(len(places))
    starts, sizes = both.stack_offsets[order], np.diff(both.stack_offsets)[order]
    locations = both.stack_locations[ranges(starts, sizes)]
    return replace(both, stack_offsets=np.append(0, np.cumsum(sizes)), stack_locations=locations)


def _sized(part: Part, sizes: Int64s) -> Part:
    """The part, whose samples have the size of their objects as a label."""
    strings = part.symbols.strings
    none = np.full(len(sizes), -1)
    label = np.column_stack([np.full(len(sizes), len(strings)), none, sizes, none])
    named = replace(part.symbols, strings=joined_strings([strings, strings_of([_BYTES_LABEL])]))
    return replace(part, symbols=named, label=label, label_end=np.arange(1, len(sizes) + 1))


def _labelled(part: Part, texts: Sequence[tuple[int, str]]) -> Part:
    """The part with the labels that its comments name."""
    if not texts:
        return part
    labels: list[list[tuple[bytes, bytes]]] = [[] for _ in part.label_end]
    for owner, text in texts:
        labels[owner] = quoted_labels(text.encode())
    return with_labels(part, labels)
