"""Text profiles of one record a line: numbers, `@`, addresses, and in Go's the names of the frames below it.

Each spelling says how the numbers before the `@` are written and what they come to; the rest is the same for all of them.
What pprof refuses is refused (google/pprof, profile/legacy_profile.go), and so are numbers that do not fit into 64 bits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from typing import Final

import numpy as np
import polars as pl

from pipeline.errors import DecodeError
from pipeline.formats.legacy.frames import Cut, FrameLines, Frames, stacks_of
from pipeline.formats.legacy.maps import SENTINELS
from pipeline.formats.legacy.quoted import quoted_labels
from pipeline.formats.legacy.wire import texts_at
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
from pipeline.kernels.text.lines import read_addresses, read_numbers
from pipeline.values import Bytes, Int64s, Symbols, UInt64s

_EXAMPLE_CHARS: Final = 80
_BYTES_LABEL: Final = b"bytes"
_LABELS: Final = "# labels: "
# What a text takes besides its characters.
_LABELS_BYTES: Final = 100


@dataclass(frozen=True, slots=True)
class Spelling:
    """How records are written.

    numbers  how what stands before the `@` is spelled, for `read_numbers`
    values   int64 (n, numbers) -> the values (n, sample types), and the size of one object or None where there is none.
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
    """Consecutive samples of a text.

    part      as many as may be held together
    rest      the text behind the last of them; None where others follow
    is_short  whether all samples are fewer than the header says
    """

    part: Part
    rest: bytes | None = None
    is_short: bool = False


def read_records(
    pieces: Iterable[Bytes], spelling: Spelling, *, lines_above: int, most_bytes: int | None = None
) -> Iterator[Records]:
    """The samples of a text; `pieces` begin behind the header.

    most_bytes  when samples take so many they are given out, of a text in which nothing announces mappings; None for never
    """
    gathered = _Gathered()
    totals = np.zeros(len(spelling.totals))
    rest: list[bytes] = []
    is_ended = False
    for piece in pieces:
        if is_ended:
            rest += [piece.tobytes()] if most_bytes is None else []
            continue
        end = len(piece) if most_bytes is not None else _maps_in(piece.tobytes())
        lines = gathered.known.cut(piece[:end], is_ended=spelling.is_end)
        taken = _piece(lines, spelling, known=gathered.known, lines_above=lines_above)
        gathered.add(taken)
        totals += taken.sums[: len(totals)]
        lines_above += lines.n_feeds
        is_ended = lines.end < len(piece)
        rest += [piece[lines.end :].tobytes()] if is_ended else []
        if most_bytes is not None and gathered.size_bytes >= most_bytes:
            yield Records(_part(gathered))
            gathered = _Gathered(gathered.known if 4 * gathered.known.size_bytes < most_bytes else FrameLines())
    # Sums of large numbers are not exact, and those of shrunken heaps smaller than one would think.
    is_short = any(found < total * (1 - 1e-9) for total, found in zip(spelling.totals, totals.tolist(), strict=True))
    yield Records(_part(gathered), b"".join(rest), is_short)


@dataclass(slots=True)
class _Gathered:
    """The pieces that were read since samples were given out, and their comment lines."""

    known: FrameLines = field(default_factory=FrameLines)
    pieces: list[_Piece] = field(default_factory=list)
    held_bytes: int = 0

    def add(self, piece: _Piece) -> None:
        self.pieces.append(piece)
        arrays = (piece.values, piece.record, piece.frame, piece.bare, piece.bare_size, piece.address)
        self.held_bytes += sum(array.nbytes for array in arrays)
        self.held_bytes += sum(_LABELS_BYTES + len(text) for _, text in piece.labels)

    @property
    def size_bytes(self) -> int:
        return self.held_bytes + self.known.size_bytes


def _maps_in(text: bytes) -> int:
    """Where the line begins that announces mappings; where the text ends if there is none."""
    return min((place for sentinel in SENTINELS for place in _places(text, sentinel)), default=len(text))


def _places(text: bytes, sentinel: bytes) -> Iterator[int]:
    """The first line with these words that is no comment."""
    place = -1
    while (place := text.find(sentinel, place + 1)) >= 0:
        start = text.rfind(b"\n", 0, place) + 1
        if not text[start:place].lstrip().startswith(b"#"):
            yield start
            return


def _piece(lines: Cut, spelling: Spelling, *, known: FrameLines, lines_above: int) -> _Piece:
    start, end, at, _ = lines.records
    try:
        first_bad(at >= end, "it is no record: there is no @ in it; the file may be cut off")
        numbers = _numbers(lines, spelling)
        values, sizes = spelling.values(numbers)
        n_addresses, addresses, is_large = read_addresses(lines.data, at + 1, end)
        first_bad(is_large, "an address takes more than 64 bits")
    except BadRecord as bad:
        raise DecodeError(_sentence(lines, bad.record, str(bad), lines_above)) from bad
    frame, record = lines.comments
    is_told = np.zeros(len(start), np.bool_)
    is_told[record[known.is_named[frame]]] = True
    kept = known.is_frame[frame] & is_told[record]
    bare = np.flatnonzero(~is_told)
    bare_size = n_addresses[bare]
    begins = np.cumsum(n_addresses) - n_addresses
    return _Piece(
        values,
        sizes,
        numbers.sum(axis=0, dtype=np.float64).tolist(),
        record[kept],
        frame[kept],
        bare,
        bare_size,
        # The call, and not where it returns to.
        addresses[ranges(begins[bare], bare_size)] - np.uint64(1),
        _labels(lines),
    )


def _labels(lines: Cut) -> list[tuple[int, str]]:
    start, length, record = lines.labels
    texts = zip(record.tolist(), texts_at(lines.data, start, length).to_list(), strict=True)
    return [(owner, text) for owner, text in texts if text.startswith(_LABELS)]


def _part(gathered: _Gathered) -> Part:
    """All pieces as one."""
    read, known = gathered.pieces, gathered.known
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


def _sentence(lines: Cut, record: int, reason: str, lines_above: int) -> str:
    start, end, _, number = lines.records[:, record]
    line = lines.data[start:end].tobytes().decode("utf-8", "replace")
    return f"line {number + 1 + lines_above}: {line[:_EXAMPLE_CHARS]!r}: {reason}"


def _numbers(lines: Cut, spelling: Spelling) -> Int64s:
    """What stands before the `@` of each record."""
    start, _, at, _ = lines.records
    numbers, is_other, is_large = read_numbers(
        lines.data, start, at, np.frombuffer(spelling.numbers.encode(), np.uint8)
    )
    first_bad(is_other, "before the @ stand other numbers than such a record has")
    first_bad(is_large, "a number takes more than 64 bits")
    return numbers


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
