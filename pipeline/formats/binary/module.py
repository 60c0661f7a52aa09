"""Where the code and the types of a program begin: what the runtime's module data says, or the names of sections.

runtime/symtab.go, moduledata: its first word is the address of the function table, so it is found by that.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from pipeline.formats.binary.pclntab import Table
from pipeline.formats.binary.wire import Image, Segment

_SECTIONS: Final = (".go.module", "__go_module")
_TEXT_SECTIONS: Final = (".text", "__text")
_TYPE_SECTIONS: Final = (".go.type", ".data.rel.ro.go.type", "__go_type")
# Of the fields of moduledata, in pointers.
_TEXT, _TYPES_BEFORE_COVERAGE, _TYPES = 22, 35, 37
# Of what is known of functions (go:func.*): since Go 1.20, and since 1.27, which has the same layout of the function table.
_FUNCTION_DATA: Final = (40, 43)
_WORDS: Final = 44
_MOST_CANDIDATES: Final = 64


@dataclass(frozen=True, slots=True)
class Layout:
    """Addresses, before any moving.

    code           where the offsets of functions count from
    types          where the offsets of names of types count from; 0 when that is not known
    function_data  where the offsets of what is known of functions may count from
    """

    code: int
    types: int
    function_data: tuple[int, ...] = ()


def layout_of(image: Image, table: Table, *, code_bytes: int, first_entry: int) -> Layout | None:
    """Where code and types begin; None when no place fits the code.

    first_entry  address of the first function where the table has such, else 0
    """
    for words in _module_data(image, table):
        code, types = words[_TEXT], words[_TYPES_BEFORE_COVERAGE if table.is_before_covered else _TYPES]
        if _is_code(image, code, code_bytes):
            data = tuple(
                words[at] for at in _FUNCTION_DATA if not table.is_before_covered and image.segment_at(words[at])
            )
            return Layout(code, types if image.segment_at(types) else 0, data)
    named = (image.sections[name].address for name in _TEXT_SECTIONS if name in image.sections)
    for code in (table.text_start, first_entry, *named):
        if code and _is_code(image, code, code_bytes):
            types = next((image.sections[name].address for name in _TYPE_SECTIONS if name in image.sections), 0)
            return Layout(code, types)
    return None


def _is_code(image: Image, address: int, size: int) -> bool:
    segment = image.segment_at(address, size)
    return segment is not None and segment.is_executable


def _module_data(image: Image, table: Table) -> Iterator[list[int]]:
    """What begins with the address of the function table, as so many pointers."""
    left = _MOST_CANDIDATES
    for address in _pointing_at(image, table.address):
        if image.segment_at(address, 8 * _WORDS) is not None:
            yield image.pointers(address, _WORDS, what="the module data")
            left -= 1
        if not left:
            return


def _pointing_at(image: Image, wanted: int) -> Iterator[int]:
    """Addresses of pointers to an address."""
    for name in _SECTIONS:
        if name in image.sections:
            yield image.sections[name].address
    if image.relocations is not None:
        yield from image.relocations.address[image.relocations.value == np.uint64(wanted)].tolist()
    # It is in the data, which linkers put last.
    for segment in reversed(image.segments):
        if not segment.is_executable:
            yield from _in_segment(image, segment, wanted)


def _in_segment(image: Image, segment: Segment, wanted: int) -> Iterator[int]:
    skipped = -segment.address % 8
    count = max(segment.size_bytes - skipped, 0) // 8
    if not count:
        return
    words = image.file.read(segment.offset + skipped, 8 * count, what="a segment").view("<u8")
    if image.pointer_bits < 64:
        words = words & np.uint64((1 << image.pointer_bits) - 1)
    is_wanted = words == np.uint64(wanted)
    if image.pointer_bits < 64 and wanted >= image.base_address:
        is_wanted |= words == np.uint64(wanted - image.base_address)
    yield from (segment.address + skipped + 8 * int(at) for at in np.flatnonzero(is_wanted)[:_MOST_CANDIDATES])
