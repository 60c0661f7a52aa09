"""Which line each instruction is of, and what was inlined there, for profiles that came without symbols.

The tables of values are kept as the linker wrote them: a program of 77 MB has 1.6 million entries in 3.8 MB, of which
profiles ask for some thousand. runtime/symtab.go (pcvalue, funcdata), runtime/symtabinl.go (inlinedCall).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa

from pipeline.errors import DecodeError
from pipeline.formats.binary.module import Layout
from pipeline.formats.binary.pclntab import Functions, Table, names_at, pieces_of
from pipeline.formats.binary.wire import Image, is_inside, words_at
from pipeline.values import Bools, Bytes, Int32s, Int64s

_PCSP, _PCFILE, _PCLN, _NPCDATA, _CU_OFFSET, _NFUNCDATA, _ARRAYS = 16, 20, 24, 28, 32, 43, 44
_INLINED_VALUES: Final = 2
_INLINED_TREE: Final = 3
_CALL_BYTES: Final = 16
_NAME, _PARENT, _START_LINE = 4, 8, 12
_NO_DATA: Final = 0xFFFF_FFFF
# Go's compiler has five and eight, and a byte counts the second.
_MOST_VALUES: Final = 64
# Of an instruction one or two bytes are told in each table, with what every table has.
_MOST_BYTES_PER_BYTE: Final = 2
_LEAST_MOST_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Inlined:
    """Inlined calls, those of a function behind each other.

    function    which of the functions
    position    place among those of the function
    name        dictionary of text
    start_line  0 when unknown
    call        an instruction of the call, from the function's beginning
    """

    function: Int64s
    position: Int32s
    name: pa.DictionaryArray
    start_line: Int32s
    call: Int64s


@dataclass(frozen=True, slots=True)
class Lines:
    """Of each function where its files begin among all, and tables of values as binary; and what was inlined."""

    first_file: Int64s
    files: pa.BinaryArray
    lines: pa.BinaryArray
    inlined: pa.BinaryArray
    calls: Inlined


def lines_of(image: Image, table: Table, functions: Functions, layout: Layout, *, kept: Bools) -> Lines | None:
    """The lines of those functions that are kept; None where it is not known what was inlined.

    Without that a line could be of another function than the one it stands in.
    """
    if not table.has_start_lines:
        return None
    row, size = functions.row[kept], np.diff(np.append(functions.entry[kept], functions.code_bytes))
    values, data = _offsets(table, row)
    calls = _inlined_calls(image, table, data, size, layout)
    if calls is None:
        return None
    taken = {name: values[:, at] for at, name in enumerate(("files", "lines"), 1)}
    taken["inlined"] = values[:, 3 + _INLINED_VALUES]
    starts = np.unique(values)
    pieces = {name: _pieces(table, starts, offset, size) for name, offset in taken.items()}
    return Lines(words_at(table.data, row + _CU_OFFSET), **pieces, calls=calls)


def _offsets(table: Table, row: Int64s) -> tuple[Int64s, Int64s]:
    """Of each function the offsets of its tables of values, three and numbered ones, and of its data; 0 and -1 for none."""
    if not is_inside(row, size=_ARRAYS, limit=len(table.data)):
        raise DecodeError("a function lies outside of the function table; the file is damaged")
    count, data_count = words_at(table.data, row + _NPCDATA), table.data[row + _NFUNCDATA].astype(np.int64)
    most = int(count.max())
    if most > _MOST_VALUES or int((row + _ARRAYS + 4 * (count + data_count)).max()) > len(table.data):
        raise DecodeError("what its function table knows of a function lies outside of it; the file is damaged")
    values = np.zeros((len(row), 3 + max(most, _INLINED_VALUES + 1)), np.int64)
    for at, field in enumerate((_PCSP, _PCFILE, _PCLN)):
        values[:, at] = words_at(table.data, row + field)
    for at in range(most):
        has = count > at
        values[has, 3 + at] = words_at(table.data, row[has] + _ARRAYS + 4 * at)
    data = np.full((len(row), max(int(data_count.max()), _INLINED_TREE + 1)), -1, np.int64)
    for at in range(int(data_count.max())):
        has = data_count > at
        found = words_at(table.data, row[has] + _ARRAYS + 4 * (count[has] + at))
        data[has, at] = np.where(found == _NO_DATA, -1, found)
    return values, data


def _pieces(table: Table, starts: Int64s, offset: Int64s, size: Int64s) -> pa.BinaryArray:
    """The bytes of a table of values of each function; a table ends where the next one begins."""
    end = table.functions if table.functions > table.values else len(table.data)
    data = table.data[table.values : end]
    distinct, number = np.unique(offset, return_inverse=True)
    after = np.append(starts, len(data))[np.searchsorted(starts, distinct, side="right")]
    begin, after = np.minimum(distinct, len(data)), np.minimum(after, len(data))
    length = (after - begin)[number]
    # Some functions share their tables, but not so that all of them together could be more than the code.
    is_known = (offset > 0) & (length <= _MOST_BYTES_PER_BYTE * size + _LEAST_MOST_BYTES)
    # What nobody has is not copied, and the first of them is nobody's: 0 is none.
    pieces = pieces_of(data, begin, after)
    found = pieces.take(pa.array(number, mask=~is_known)).fill_null(b"")
    return found.cast(pa.binary())


def _inlined_calls(image: Image, table: Table, data: Int64s, size: Int64s, layout: Layout) -> Inlined | None:
    """All of them; None where none of the places has what inlined calls look like."""
    tree = data[:, _INLINED_TREE]
    function = np.flatnonzero(tree >= 0)
    starts = np.unique(data[data >= 0])
    for address in layout.function_data:
        found = image.rest(address, what="the data of functions")
        # What begins last has no end that is known.
        ends = np.append(starts, len(found))[np.searchsorted(starts, tree[function], side="right")]
        count = np.minimum((ends - tree[function]) // _CALL_BYTES, size[function])
        if (count < 0).any() or int(count.sum()) > len(found) // _CALL_BYTES:
            # No two functions have one tree, which could be quadratically many calls.
            continue
        calls = _read(table, found, function, tree[function], count, size, last=int(starts[-1]) if len(starts) else 0)
        if calls is not None:
            return calls
    return None


def _read(
    table: Table, data: Bytes, function: Int64s, tree: Int64s, count: Int64s, size: Int64s, *, last: int
) -> Inlined | None:
    position = np.arange(int(count.sum())) - np.repeat(np.cumsum(count) - count, count)
    at = np.repeat(tree, count) + _CALL_BYTES * position
    of = np.repeat(function, count)
    name, parent, start_line = (words_at(data, at + field) for field in (_NAME, _PARENT, _START_LINE))
    is_sound = (name < table.units - table.names) & (parent < size[of]) & (start_line < 1 << 31)
    is_sound &= (name == 0) | (table.data[np.where(is_sound, table.names + name - 1, 0)] == 0)
    is_sound &= (name | parent | start_line) > 0
    # The last one goes on for as long as it looks like one.
    is_over = (at >= last) & (np.cumsum((at >= last) & ~is_sound) > 0)
    if not (is_sound | is_over).all():
        return None
    of, position, start_line, parent = of[~is_over], position[~is_over], start_line[~is_over], parent[~is_over]
    name = names_at(table, name[~is_over])
    return Inlined(of, position.astype(np.int32), name, start_line.astype(np.int32), parent)
