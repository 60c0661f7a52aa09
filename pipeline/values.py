"""The parcels that go from room to room. All frozen: print one to see what a room was given."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pyarrow as pa

Bytes: TypeAlias = npt.NDArray[np.uint8]
Bools: TypeAlias = npt.NDArray[np.bool_]
Int32s: TypeAlias = npt.NDArray[np.int32]
Int64s: TypeAlias = npt.NDArray[np.int64]
UInt64s: TypeAlias = npt.NDArray[np.uint64]
# Numbers, or anything else as Arrow has it.
Column: TypeAlias = "npt.NDArray[Any] | pa.Array"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an input was found, before anything was read.

    path     the file as the user reached it; "-" is standard input
    member   the name inside an archive, "" for a plain file
    labels   from flags, `key=value` path parts and sidecar files
    offered  hash of path, size, time of change and labels: the same file again need not be read; None where nobody can tell
    version  of an object in a store what changes whenever it does, its ETag; "" for all else
    listed_bytes  how large an object is
    """

    path: str
    member: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    offered: int | None = None
    version: str = ""
    listed_bytes: int = 0

    @property
    def uri(self) -> str:
        """The name people see: the path, and behind `!` the archive member."""
        return f"{self.path}!{self.member}" if self.member else self.path


@dataclass(frozen=True, slots=True)
class Source:
    """One input that was read: who it is and what it weighed.

    source_hash  XXH64 of the plain bytes (of the offered ones when they could not be unpacked), as a signed number
    size_bytes   as offered, still compressed
    hashed       SHA-256 of the bytes as offered, in hex, or what a thread is making it with
    """

    source_hash: int
    origin: Origin
    size_bytes: int
    hashed: str | Future[str]

    @property
    def sha256(self) -> str:
        """What `sha256sum` prints of the bytes as offered; waits while it is being made."""
        return self.hashed if isinstance(self.hashed, str) else self.hashed.result()


@dataclass(frozen=True, slots=True)
class Large:
    """Plain bytes that are too many to be held, or break off: they are read again, as long as no further Blob was asked for.

    open             what reads at most so many of the next bytes, b"" at the end, from the beginning on; it raises
                     CutOff where compressed ones break off, DecodeError or OSError when the file has changed meanwhile
    most_held_bytes  how many of them may be in memory at once
    """

    size_bytes: int
    most_held_bytes: int
    open: Callable[[], Callable[[int], bytes]]


@dataclass(frozen=True, slots=True)
class Blob:
    """The plain bytes of one source; of a large one, `content` is only how it begins."""

    source: Source
    content: bytes
    large: Large | None = None

    @property
    def size_bytes(self) -> int:
        """How many plain bytes there are."""
        return self.large.size_bytes if self.large else len(self.content)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A source that did not go in, and a reason a person can act on."""

    source: Source
    reason: str
    format: str | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """Something odd, lost or guessed in one source; `kind` is declared in notes.py."""

    blob_index: int
    kind: str
    count: int
    example: str = ""


@dataclass(frozen=True, slots=True)
class Loss:
    """What of an input that went in did not: a Note of a kind that loses something, and whose it is."""

    uri: str
    kind: str
    count: int
    example: str


@dataclass(frozen=True, slots=True)
class Strings:
    """Text as spans of one buffer: what a decoder knows before anyone needs a Python string.

    data     uint8            any bytes; spans may overlap and lie in any order
    starts   int64 (n,)       where each string begins in `data`
    lengths  int64 (n,)       how many bytes it has
    """

    data: Bytes
    starts: Int64s
    lengths: Int64s

    def __len__(self) -> int:
        return len(self.starts)


@dataclass(frozen=True, slots=True)
class Symbols:
    """Stacks and what they are made of, with dense indices local to one Decoded.

    All `*_text` columns index `strings`. Index -1 means none.

    location_line_offsets  int64 (n_locations + 1,)  the lines of each location, innermost first
    stack_offsets          int64 (n_stacks + 1,)     the locations of each stack, leaf first
    mapping_flags          uint8                     bit 0 functions, 1 filenames, 2 line numbers, 3 inline frames
    mapping_id, location_id  uint64                  as the file has them; None where they are the places from 1 on
    """

    strings: Strings
    mapping_start: UInt64s
    mapping_limit: UInt64s
    mapping_file_offset: UInt64s
    mapping_file_text: Int64s
    mapping_build_id_text: Int64s
    mapping_flags: Bytes
    function_name_text: Int64s
    function_system_name_text: Int64s
    function_file_text: Int64s
    function_start_line: Int64s
    location_mapping: Int64s
    location_address: UInt64s
    location_is_folded: Bools
    location_line_offsets: Int64s
    line_function: Int64s
    line_line: Int64s
    line_column: Int64s
    stack_offsets: Int64s
    stack_locations: Int64s
    mapping_id: UInt64s | None = None
    location_id: UInt64s | None = None


@dataclass(frozen=True, slots=True)
class Decoded:
    """What a format made of some blobs: columns per table with file-local indices.

    columns   table name -> column name -> array; `blob_index` says which of the decoded blobs a row is from
    symbols   for formats with stacks, None for the others
    refusals  blob index -> why the whole blob was refused; such a blob has no rows
    """

    columns: Mapping[str, Mapping[str, Column]]
    symbols: Symbols | None = None
    notes: Sequence[Note] = ()
    refusals: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of file: how it is recognised and decoded, and which tables it fills.

    recognise  looks at the plain bytes, never at a name
    decode     takes many blobs of this format at once, so that per-file costs are paid per batch
    is_streamed  decodes a Blob that is too large to be held
    may_hold   whether a file that begins so may be of this format without showing it there; asked when no format above it recognises it
    holds      whether it is, for which all of it may have to be read
    identity_labels  labels that are part of what a file is: equal bytes under other values are another source
    variant    which of its layouts a file that begins so has, where other code decodes each
    """

    name: str
    recognise: Callable[[bytes], bool]
    decode: Callable[[Sequence[Blob]], Iterator[Decoded]]
    fills: tuple[str, ...]
    is_streamed: bool = False
    may_hold: Callable[[bytes], bool] = lambda head: False
    holds: Callable[[Blob], bool] = lambda blob: False
    identity_labels: tuple[str, ...] = ()
    variant: Callable[[bytes], str] = lambda head: ""


@dataclass(frozen=True, slots=True)
class DataFile:
    """One immutable Parquet file of the lake, named by its content.

    path        relative to the lake, with `/`
    statistics  of its columns, as Delta has them: minValues, maxValues, nullCount
    """

    table: str
    path: str
    rows: int
    size_bytes: int
    statistics: Mapping[str, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Which files make up each table after which batch; batch 0 is an empty lake."""

    lake: str
    batch: int
    files: Mapping[str, tuple[DataFile, ...]]


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A file that went in and is another source under other labels.

    source_hash  what it is
    read_at_ns   when it had been read, of one that had just been written: what is changed so lately is not known by its time
                 of change; 0 for others
    """

    source_hash: int
    read_at_ns: int


@dataclass(frozen=True, slots=True)
class Known:
    """The sources of a lake, of which none is read again; all arrays are sorted.

    batch     the latest
    applied   batches up to this one are in every table
    ingested  int64  hashes of the sources that went in
    offered   int64  of files that went in or were there already: path, size and time of change, labels
    refused   hashes of sources that did not go in, with the latest reason; each is tried again
    files     by path and SHA-256 what is another source under other labels: the same file stays what it is
    labels    of sources, where somebody asked whether what is offered has others
    """

    batch: int = 0
    applied: int = 0
    ingested: Int64s = field(default_factory=lambda: np.empty(0, np.int64))
    offered: Int64s = field(default_factory=lambda: np.empty(0, np.int64))
    refused: Mapping[int, str] = field(default_factory=dict)
    files: Mapping[tuple[str, str], KnownFile] = field(default_factory=dict)
    labels: Mapping[int, Mapping[str, str]] = field(default_factory=dict)

    def has(self, source_hash: int) -> bool:
        """Whether a source went in."""
        place = int(np.searchsorted(self.ingested, source_hash))
        return place < len(self.ingested) and int(self.ingested[place]) == source_hash


@dataclass(frozen=True, slots=True)
class Written:
    """Parquet files of one batch, written and not yet visible to anyone.

    sources  int64  hashes of the sources whose rows they have
    """

    files: tuple[DataFile, ...]
    sources: Int64s
    summary: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ResultColumn:
    """A column of an answer: its name and what it means."""

    name: str
    doc: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """A query of ours, and the values of the `$name`s in it."""

    text: str
    parameters: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Result:
    """An answer from the warehouse: a name, its columns' meanings, the rows, and what was asked where it was one query."""

    name: str
    columns: tuple[ResultColumn, ...]
    table: pa.Table
    question: Question | None = None

    def first(self, rows: int) -> Result:
        """As many rows as that at most."""
        return replace(self, table=self.table.slice(0, rows))


@dataclass(frozen=True, slots=True)
class Sampled:
    """What a pprof file is made of: tables with the columns and the ids of schemas/, of what the samples need.

    header        fields of `profile`: time_ns, period_type, comments and so on
    sample_types  name and unit of each
    values        row_index, position, value, with row_index from 0 and rising; what is not there is zero
    samples       stack_id and label_set_id, NULL for no labels; row_index is the place
    mappings      of `mapping`, with memory_start and memory_limit
    """

    header: Mapping[str, Any]
    sample_types: Sequence[tuple[str, str]]
    samples: pa.Table
    values: pa.Table
    stacks: pa.Table
    label_sets: pa.Table
    locations: pa.Table
    functions: pa.Table
    mappings: pa.Table


@dataclass(frozen=True, slots=True)
class Answer:
    """A Result on its way: its rows are read once, batch by batch, and never stand in memory whole."""

    name: str
    columns: tuple[ResultColumn, ...]
    schema: pa.Schema
    batches: Iterator[pa.RecordBatch]
