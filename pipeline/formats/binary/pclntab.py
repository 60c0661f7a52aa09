"""Go's function table, which every program carries, stripped or not: where each function begins, its name and place.

Its layout is that of runtime/symtab.go (pcHeader, moduledata.funcnametab and so on) and runtime2.go (_func).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa

from pipeline.errors import DecodeError
from pipeline.formats.binary.wire import Image, Section, is_inside, words_at
from pipeline.values import Bytes, Int32s, Int64s

_MAGIC_1_16: Final = 0xFFFFFFFA
_MAGIC_1_18: Final = 0xFFFFFFF0
_MAGIC_1_20: Final = 0xFFFFFFF1
_OLD_MAGIC: Final = 0xFFFFFFFB
_SECTIONS: Final = (".gopclntab", ".data.rel.ro.gopclntab", "__gopclntab")
_HEADER_BYTES: Final = 72
# All but the first byte of the magic numbers, what pads them, the least size of an instruction and that of a pointer.
_SIGNATURE_OF_AMD64: Final = b"\xff\xff\xff\0\0\x01\x08"
_SIGNATURE: Final = b"\xff\xff\xff\0\0\x04\x08"
# Of a function's row, without what follows it.
_ROW_BYTES: Final = 40
_NO_FILE: Final = 0xFFFF_FFFF
# A varint of 32 bits.
_VARINT_BYTES: Final = 5


@dataclass(frozen=True, slots=True)
class Table:
    """The function table as bytes, and where it is. The offsets are those its header has, checked to lie inside.

    text_start  where the code begins, as the header has it; 0 where that does not know, or the loader tells it
    step_bytes  what sizes of instructions are multiples of, in which tables of values count
    """

    address: int
    data: Bytes
    magic: int
    step_bytes: int
    count: int
    text_start: int
    names: int
    units: int
    files: int
    values: int
    functions: int

    @property
    def has_start_lines(self) -> bool:
        """Since Go 1.20."""
        return self.magic == _MAGIC_1_20

    @property
    def is_before_covered(self) -> bool:
        """Whether module data has no counters of coverage yet, which came with the same release as start lines."""
        return self.magic != _MAGIC_1_20


@dataclass(frozen=True, slots=True)
class Functions:
    """Every function of the program in the order of the code.

    entry       int64   bytes from the beginning of the code
    name        dictionary of text
    file        dictionary of text, NULL where it has none
    start_line  int32   0 when unknown
    row         int64   where its row begins in the function table
    code_bytes  how much code there is
    """

    entry: Int64s
    name: pa.DictionaryArray
    file: pa.DictionaryArray
    start_line: Int32s
    row: Int64s
    code_bytes: int


def find_table(image: Image) -> Table | None:
    """The function table: in its section, or wherever its first bytes are found; None when there is none."""
    for name in _SECTIONS:
        if (section := image.sections.get(name)) is not None:
            data = image.file.read(section.offset, section.size_bytes, what="the function table")
            return _table(data, address=section.address)
    for section in _candidates(image):
        try:
            data = image.file.read(section.offset, section.size_bytes, what="the function table")
            return _table(data, address=section.address)
        except DecodeError:
            continue
    return None


def _candidates(image: Image) -> Iterator[Section]:
    """Where a function table may begin, for programs without names of sections."""
    for segment, at in image.places_of(_SIGNATURE_OF_AMD64 if image.architecture == "amd64" else _SIGNATURE):
        if at:
            yield Section(segment.address + at - 1, segment.offset + at - 1, segment.size_bytes - at + 1)


def _table(data: Bytes, *, address: int) -> Table:
    if len(data) < _HEADER_BYTES:
        raise DecodeError(f"the function table has {len(data)} bytes, fewer than its header; the file is cut off")
    header = data[:_HEADER_BYTES].tobytes()
    magic, padding, step_bytes, pointer_bytes = struct.unpack_from("<IHBB", header)
    if magic == _OLD_MAGIC:
        raise DecodeError("was built by Go 1.15 or older; programs of Go 1.16 and later are read")
    if magic not in (_MAGIC_1_16, _MAGIC_1_18, _MAGIC_1_20) or padding or pointer_bytes != 8:
        raise DecodeError(
            f"its function table begins with {header[:8].hex(' ')}, which Go 1.16 to 1.27 do not write; "
            "an obfuscator may have changed it, or a newer heapscape may know it"
        )
    words = struct.unpack_from("<8q", header, 8)
    if magic == _MAGIC_1_16:
        count, _, names, units, files, values, functions = words[:7]
        text_start = 0
    else:
        count, _, text_start, names, units, files, values, functions = words
    offsets = (names, units, files, values, functions)
    # Its entry and its row; rows in one place could be eight times the memory.
    function_bytes = _ROW_BYTES + (16 if magic == _MAGIC_1_16 else 8)
    if not all(0 <= offset <= len(data) for offset in offsets) or not (
        0 < count <= (len(data) - functions) // function_bytes
    ):
        raise DecodeError(
            f"its function table of {len(data):,} bytes says that it has {count:,} functions and parts at {offsets}; "
            "it is cut off or damaged"
        )
    return Table(address, data, magic, step_bytes, count, max(text_start, 0), names, units, files, values, functions)


def functions_of(table: Table) -> tuple[Functions, int]:
    """All functions, and where the code begins if only their entries tell (Go 1.16 and 1.17), else 0."""
    entry, place, text_start = _entries(table)
    rows = place + table.functions
    # Two words less where the entry is an offset, as it is since 1.18.
    wide = 4 if table.magic == _MAGIC_1_16 else 0
    if not is_inside(rows, size=wide + _ROW_BYTES, limit=len(table.data)):
        raise DecodeError("a function lies outside of the function table; the file is damaged")
    name = names_at(table, words_at(table.data, rows + wide + 4))
    file_number = _first_values(table, words_at(table.data, rows + wide + 20))
    file = _files(table, words_at(table.data, rows + wide + 32), file_number)
    if table.has_start_lines:
        start_line = words_at(table.data, rows + 36)
    else:
        start_line = _first_values(table, words_at(table.data, rows + wide + 24))
    lines: Int32s = np.where(start_line < 1 << 31, np.maximum(start_line, 0), 0).astype(np.int32)
    return Functions(entry[:-1], name, file, lines, rows, int(entry[-1])), text_start


def _entries(table: Table) -> tuple[Int64s, Int64s, int]:
    """Where each function begins and the last one ends, counted from the beginning of the code; and its row's place."""
    if table.magic == _MAGIC_1_16:
        end = table.functions + 16 * table.count + 8
        if end > len(table.data):
            raise DecodeError("the function table ends before its last function; the file is cut off")
        words = table.data[table.functions : end].view("<i8")
        entry, place, start = words[::2], words[1::2], int(words[0])
        entry = entry - start
    else:
        end = table.functions + 8 * table.count + 4
        if end > len(table.data):
            raise DecodeError("the function table ends before its last function; the file is cut off")
        short = table.data[table.functions : end].view("<u4").astype(np.int64)
        entry, place, start = short[::2], short[1::2], 0
    if (np.diff(entry) < 0).any() or int(entry[0]) < 0 or int(entry[-1]) <= 0:
        raise DecodeError("the functions of its function table are not in the order of the code; the file is damaged")
    if not is_inside(place, size=1, limit=len(table.data)):
        raise DecodeError("a function lies outside of the function table; the file is damaged")
    return entry.astype(np.int64), place.astype(np.int64), start


def names_at(table: Table, offsets: Int64s) -> pa.DictionaryArray:
    """The names of functions that begin there."""
    end = table.units if table.units > table.names else len(table.data)
    return _texts(table.data[table.names : end], offsets, what="the name of a function")


def _files(table: Table, unit: Int64s, number: Int64s) -> pa.DictionaryArray:
    """The file of each function: its number in the unit it was compiled in leads to its name."""
    end = table.files if table.files > table.units else len(table.data)
    units = table.data[table.units : end]
    place = (unit + number) * 4
    known = (number >= 0) & (place >= 0) & (place + 4 <= len(units))
    offsets = np.full(len(place), _NO_FILE, np.int64)
    offsets[known] = words_at(units, place[known])
    return _file_names(table, offsets)


def source_files(table: Table) -> pa.DictionaryArray:
    """The file of each number of each unit; NULL for one that the linker left out."""
    end = table.files if table.files > table.units else len(table.data)
    return _file_names(table, words_at(table.data, np.arange(table.units, end - 3, 4)))


def _file_names(table: Table, offsets: Int64s) -> pa.DictionaryArray:
    end = table.values if table.values > table.files else len(table.data)
    return _texts(table.data[table.files : end], np.where(offsets == _NO_FILE, -1, offsets), what="the name of a file")


def _first_values(table: Table, offsets: Int64s) -> Int64s:
    """The first value of each table of values, which is that at the function's entry; -1 where there is no table.

    It is a signed varint in zigzag, counted from -1 (runtime/symtab.go, step).
    """
    end = table.functions if table.functions > table.values else len(table.data)
    data = table.data[table.values : end]
    known = (offsets > 0) & (offsets + _VARINT_BYTES <= len(data))
    place = np.where(known, offsets, 0)
    found = np.zeros(len(offsets), np.int64)
    if not len(data):
        return found - 1
    is_open = known
    for byte in range(_VARINT_BYTES):
        part = data[np.minimum(place + byte, len(data) - 1)].astype(np.int64)
        found |= np.where(is_open, (part & 0x7F) << (7 * byte), 0)
        is_open = is_open & (part >= 0x80)
    return np.where(known, (found >> 1 ^ -(found & 1)) - 1, -1)


def _texts(data: Bytes, offsets: Int64s, *, what: str) -> pa.DictionaryArray:
    """The texts that begin at the offsets and end at a NUL, each distinct one once; NULL for -1."""
    distinct, number = np.unique(offsets, return_inverse=True)
    is_null = len(distinct) > 0 and distinct[0] < 0
    starts = distinct[1:] if is_null else distinct
    ends = np.flatnonzero(data == 0)
    place = np.searchsorted(ends, starts)
    if len(place) and int(place[-1]) >= len(ends):
        raise DecodeError(f"{what} lies outside of the function table; the file is damaged")
    ends = ends[place]
    # No linker lets one name be the end of another; such names could be quadratically many bytes.
    if (starts[1:] <= ends[:-1]).any():
        raise DecodeError(f"{what} begins inside another; the file is damaged")
    texts = _text(pieces_of(data, starts, ends))
    indices = number.astype(np.int32) - int(is_null)
    return pa.DictionaryArray.from_arrays(pa.array(indices, mask=indices < 0), texts)


def pieces_of(data: Bytes, starts: Int64s, ends: Int64s) -> pa.LargeBinaryArray:
    """The bytes of rising ranges that do not lie over each other."""
    bounds = np.empty(2 * len(starts) + 1, np.int64)
    bounds[0:-1:2], bounds[1::2] = starts, ends
    bounds[-1] = bounds[-2] if len(starts) else 0
    pieces = pa.LargeBinaryArray.from_buffers(
        pa.large_binary(), 2 * len(starts), [None, pa.py_buffer(bounds), pa.py_buffer(np.ascontiguousarray(data))]
    )
    return pieces.take(pa.array(np.arange(0, 2 * len(starts), 2)))


def _text(values: pa.LargeBinaryArray) -> pa.StringArray:
    try:
        return values.cast(pa.string())
    except pa.ArrowInvalid:
        return pa.array([value.decode("utf-8", "replace") for value in values.to_pylist()], pa.string())
