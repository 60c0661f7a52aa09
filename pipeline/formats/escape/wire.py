"""What every spelling of an escape report becomes: a `Report`, row by row, before anything is matched or folded.

Text is cut into lines and fields by positions found in the bytes, and matched column by column: the report of
a large program has millions of lines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import polars as pl
import pyarrow as pa

from pipeline.values import Bools, Bytes, Int64s

CHUNK_BYTES: Final = 32 << 20
COLON: Final = 58
SPACE: Final = 32
HASH: Final = 35
LINE_FEED: Final = 10
_CARRIAGE_RETURN: Final = 13
EXAMPLE_CHARS: Final = 120

_PLACE: Final = {"file": pl.String, "line": pl.Int32, "column": pl.Int32}
_WHERE: Final = {"blob_index": pl.Int64, "package": pl.String, **_PLACE}

VERDICTS: Final = pl.Schema(
    {"at": pl.Int64, **_WHERE, "kind": pl.String, "expression": pl.String, "message": pl.String}
    | {"level": pl.Int32, "result": pl.String}
)
EXPLANATIONS: Final = pl.Schema(
    {"at": pl.Int64, **_WHERE, "subject": pl.String, "is_parameter": pl.Boolean, "is_variable": pl.Boolean}
    | {"sink": pl.String, "derefs": pl.Int32, "function": pl.String, "message": pl.String}
)
STEPS: Final = pl.Schema(
    {"explanation": pl.Int64, "at": pl.Int64, "flow_from": pl.String, "flow_to": pl.String}
    | {"expression": pl.String, "operation": pl.String, **_PLACE}
)
INLINES: Final = pl.Schema({"explanation": pl.Int64, "depth": pl.Int32, **_PLACE})
CALLS: Final = pl.Schema({**_WHERE, "function": pl.String})
PACKAGES: Final = pl.Schema({"blob_index": pl.Int64, "package": pl.String})
REPORTS: Final = pl.Schema({"blob_index": pl.Int64, "spelling": pl.String, "go_version": pl.String})
ODDITIES: Final = pl.Schema({"blob_index": pl.Int64, "kind": pl.String, "line": pl.Int64, "text": pl.String})
_NOTHING_ODD: Final = pl.DataFrame(schema=ODDITIES)


@dataclass(frozen=True, slots=True)
class Report:
    """What the compiler said about some blobs. `at` orders everything, and names an explanation.

    verdicts      a verdict per row, repetitions included
    explanations  how a value or a parameter escapes; its verdict is another line
    steps         the flows of the explanations; a flow without an expression has empty strings
    inlines       the calls between an explanation's position and its expression
    oddities      a line that became nothing, or was changed; `kind` is one of NOTE_KINDS
    refusals      blob index -> why nothing could be made of it
    """

    verdicts: pl.DataFrame
    explanations: pl.DataFrame
    steps: pl.DataFrame
    inlines: pl.DataFrame
    calls: pl.DataFrame
    packages: pl.DataFrame
    reports: pl.DataFrame
    oddities: pl.DataFrame
    refusals: Mapping[int, str] = field(default_factory=dict)


def nothing() -> Report:
    """A report that says nothing."""
    schemas = (VERDICTS, EXPLANATIONS, STEPS, INLINES, CALLS, PACKAGES, REPORTS, ODDITIES)
    verdicts, explanations, *others = (pl.DataFrame(schema=schema) for schema in schemas)
    steps, inlines, calls, packages, reports, oddities = others
    return Report(verdicts, explanations, steps, inlines, calls, packages, reports, oddities)


def stacked(frames: Iterable[pl.DataFrame], schema: pl.Schema) -> pl.DataFrame:
    """The frames one under the other, with exactly the columns of the schema."""
    kept = [frame.select(schema.names()).cast(dict(schema)) for frame in frames if frame.height]  # type: ignore[arg-type]
    return pl.concat(kept) if kept else pl.DataFrame(schema=schema)


@dataclass(frozen=True, slots=True)
class Piece:
    """Consecutive lines of one blob; `lines_above` are in the pieces before."""

    blob_index: int
    content: bytes
    lines_above: int = 0


def pieces(
    contents: Iterable[tuple[int, bytes]], *, is_start: Callable[[bytes, int], bool], lines_above: int = 0
) -> Iterator[list[Piece]]:
    """Portions of about CHUNK_BYTES: many small blobs together, a large one in parts.

    is_start     whether a part may begin at this position of the content, which is the start of a line
    lines_above  how many lines of its blob stand before each content
    """
    portion: list[Piece] = []
    size = 0
    for blob_index, content in contents:
        for piece in _parts(blob_index, content, is_start, lines_above):
            if portion and size + len(piece.content) > CHUNK_BYTES:
                yield portion
                portion, size = [], 0
            portion.append(piece)
            size += len(piece.content)
    if portion:
        yield portion


def _parts(
    blob_index: int, content: bytes, is_start: Callable[[bytes, int], bool], lines_above: int
) -> Iterator[Piece]:
    start = 0
    while len(content) - start > CHUNK_BYTES:
        end = content.find(b"\n", start + CHUNK_BYTES - 1) + 1
        while end and end < len(content) and not is_start(content, end):
            end = content.find(b"\n", end) + 1
        if not end or end == len(content):
            break
        piece = Piece(blob_index, content[start:end], lines_above)
        yield piece
        lines_above += count_lines(piece.content)
        start = end
    yield Piece(blob_index, content[start:] if start else content, lines_above)


@dataclass(frozen=True, slots=True)
class Portion:
    """Some pieces as one buffer.

    blob_index   int64, per line
    line_number  int64, per line, from 1 in its blob
    """

    lines: Lines
    blob_index: Int64s
    line_number: Int64s


def portion_of(some: list[Piece]) -> Portion:
    """Join pieces into one buffer; each begins a line."""
    contents = [piece.content if piece.content.endswith(b"\n") else piece.content + b"\n" for piece in some]
    lines = cut(contents[0] if len(contents) == 1 else b"".join(contents))
    bounds = np.cumsum([0] + [len(content) for content in contents])
    first = np.searchsorted(lines.starts, bounds[:-1])
    owner = np.searchsorted(bounds, lines.starts, side="right") - 1
    blob_index = np.array([piece.blob_index for piece in some], np.int64)
    lines_above = np.array([piece.lines_above for piece in some], np.int64)
    return Portion(lines, blob_index[owner], np.arange(len(owner)) - first[owner] + lines_above[owner] + 1)


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of a buffer: text before the first `: ` and behind it, without line ends.

    starts  int64 (n,)   where each begins in the buffer
    ends    int64 (n,)   where each ends, before its line feed
    """

    data: Bytes
    starts: Int64s
    ends: Int64s
    separators: Int64s

    def between(self, first: int, last: int) -> Lines:
        """The lines from one row to before another, as a buffer of their own."""
        begin = int(self.starts[first])
        end = int(self.starts[last]) if last < len(self.starts) else len(self.data)
        moved = (column[first:last] - begin for column in (self.starts, self.ends, self.separators))
        return Lines(self.data[begin:end], *moved)

    @property
    def first_bytes(self) -> Bytes:
        """The first byte of each line; of an empty one, that of its line end."""
        return self.data[np.minimum(self.starts, len(self.data) - 1)]

    @property
    def message_bytes(self) -> Bytes:
        """The first byte behind each separator."""
        return self.data[np.minimum(self.separators + 2, len(self.data) - 1)]

    @property
    def separated(self) -> Bools:
        """Which lines have a separator."""
        return self.separators < self.ends


def count_lines(content: bytes) -> int:
    """How many lines end in it; `bytes.count` takes many times as long."""
    return int(np.count_nonzero(np.frombuffer(content, np.uint8) == LINE_FEED))


def cut(content: bytes | bytearray) -> Lines:
    """Find the lines of UTF-8 text, in whatever way they end."""
    data = np.frombuffer(content, np.uint8)
    feeds = np.flatnonzero(data == LINE_FEED).astype(np.int64)
    if len(data) and data[-1] != LINE_FEED:
        feeds = np.append(feeds, len(data))
    starts = np.concatenate([np.zeros(1, np.int64), feeds[:-1] + 1]) if len(feeds) else feeds
    returned = (feeds > starts) & (data[np.maximum(feeds - 1, 0)] == _CARRIAGE_RETURN) if len(data) else feeds < 0
    ends = feeds - returned
    colons = np.flatnonzero(data[:-1] == COLON)
    colons = colons[data[colons + 1] == SPACE]
    found = np.append(colons, len(data) + 1)[np.searchsorted(colons, starts)]
    return Lines(data, starts, ends, np.where(found + 2 <= ends, found, ends).astype(np.int64))


def prefixes_and_messages(lines: Lines) -> tuple[pl.Series, pl.Series]:
    """What stands before and behind each line's separator, without copying a byte.

    Offsets of an Arrow array must touch, so the separators and line ends are strings of it too.
    """
    n = len(lines.starts)
    offsets = np.empty(4 * n + 1, np.int64)
    offsets[0:-1:4] = lines.starts
    offsets[1::4] = lines.separators
    offsets[2::4] = np.minimum(lines.separators + 2, lines.ends)
    offsets[3::4] = lines.ends
    offsets[-1] = len(lines.data)
    pieces = pa.LargeStringArray.from_buffers(4 * n, pa.py_buffer(offsets.data), pa.py_buffer(lines.data.data))
    series = pl.Series(pieces)
    return series.gather_every(4), series.gather_every(4, 2)


def once_each(frame: pl.DataFrame, take: Callable[[pl.DataFrame], pl.DataFrame]) -> pl.DataFrame:
    """What `take` makes of each distinct `message`, beside every row that has it: compilers repeat themselves."""
    made = take(frame.select(pl.col("message").unique()))
    return frame.join(made, on="message", how="left", maintain_order="left")


def taken_apart(frame: pl.DataFrame, pattern: str) -> pl.DataFrame:
    """The groups of a pattern in `message` as columns, null where it does not match."""
    # As fields of one struct expression each group would run the pattern again.
    groups = pl.col("message").str.extract_groups(pattern).alias("groups")
    return once_each(frame, lambda messages: messages.with_columns(groups).unnest("groups"))


def steps_of(flows: pl.DataFrame) -> pl.DataFrame:
    """Give every expression the flow it stands under; a flow without expressions is a step too.

    flows  rows of STEPS sorted by explanation and `at`; those without `operation` are the flows themselves
    """
    is_flow = flows["operation"].is_null().to_numpy()
    explanation = flows["explanation"].to_numpy()
    rows = np.arange(flows.height)
    above = np.maximum.accumulate(np.where(is_flow, rows, -1)) if flows.height else rows
    sound = (above >= 0) & (explanation[above] == explanation)
    bare = is_flow & np.append((is_flow[1:] | (explanation[1:] != explanation[:-1])), True)[: flows.height]
    kept = flows.with_columns(
        flow_from=flows["flow_from"].gather(np.maximum(above, 0)),
        flow_to=flows["flow_to"].gather(np.maximum(above, 0)),
        expression=pl.col("expression").fill_null(""),
        operation=pl.col("operation").fill_null(""),
    )
    return kept.filter(pl.Series(sound & (bare | ~is_flow)))


def with_variables(explanations: pl.DataFrame, steps: pl.DataFrame) -> pl.DataFrame:
    """Tell variables from expressions: the first flow takes a variable's address, but an expression's storage."""
    first = steps.group_by("explanation", maintain_order=True).agg(pl.col("flow_from").first())
    is_variable = pl.col("flow_from").str.starts_with("&") & ~pl.col("flow_from").str.starts_with("&{")
    return (
        explanations.join(first, left_on="at", right_on="explanation", how="left", maintain_order="left")
        .with_columns(is_variable=is_variable)
        .drop("flow_from")
    )


def nearest_above(rows: Int64s, marks: Int64s) -> Int64s:
    """For each row the position in `marks` of the last mark at or above it, -1 for none."""
    return (np.searchsorted(marks, rows, side="right") - 1).astype(np.int64)


def oddities(kind: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Rows of `blob_index`, `line` and `text` as oddities of one kind."""
    return frame.select("blob_index", pl.lit(kind).alias("kind"), "line", pl.col("text").str.slice(0, EXAMPLE_CHARS))


def oddity(kind: str, blob_index: int, *, line: int, text: str) -> pl.DataFrame:
    """One oddity."""
    return pl.DataFrame([(blob_index, kind, line, text[:EXAMPLE_CHARS])], schema=ODDITIES, orient="row")


def readable(content: bytes, blob_index: int, *, lines_above: int = 0) -> tuple[bytes, pl.DataFrame]:
    """The content as UTF-8, with U+FFFD for what is not, and the oddity if there was any."""
    if content.isascii():
        return content, _NOTHING_ODD
    try:
        pa.Array.from_buffers(
            pa.large_utf8(),
            1,
            [None, pa.py_buffer(np.array([0, len(content)], np.int64).data), pa.py_buffer(content)],
        ).validate(full=True)
    except pa.ArrowInvalid:
        text = content.decode("utf-8", "replace")
        line = lines_above + content[: len(text[: text.find("\ufffd")].encode())].count(b"\n") + 1
        return text.encode(), oddity("text_not_utf8", blob_index, line=line, text="")
    return content, _NOTHING_ODD
