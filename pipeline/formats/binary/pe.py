"""PE, as Windows has it: programs of 64 bits (PE32+). The layout is in Go's debug/pe as well."""

from __future__ import annotations

import struct
from typing import Final

from pipeline.errors import DecodeError
from pipeline.formats.binary.wire import MOST_HEADERS, File, Image, Section, Segment, text_at

_ARCHITECTURES: Final = {0x8664: "amd64", 0xAA64: "arm64"}
_HEADER: Final = struct.Struct("<4sHHIIIHH")
_SECTION: Final = struct.Struct("<8sIIIIIIHHI")
_PE32_PLUS: Final = 0x20B
_OPTIONAL_BYTES: Final = 32
_EXECUTABLE: Final = 0x2000_0000


def read(file: File) -> Image:
    """The program in a PE file; raises DecodeError for what is none, or of another word size."""
    at = struct.unpack("<I", bytes(file.read(60, 4, what="the DOS header")))[0]
    _, machine, count, _, _, symbols, optional_size, _ = _HEADER.unpack(
        bytes(file.read(at, _HEADER.size, what="the PE header"))
    )
    optional = bytes(file.read(at + _HEADER.size, min(optional_size, _OPTIONAL_BYTES), what="the optional header"))
    if len(optional) < _OPTIONAL_BYTES or struct.unpack_from("<H", optional)[0] != _PE32_PLUS:
        raise DecodeError("is a PE file that is not of 64 bits; programs of amd64 and arm64 are read")
    if count > MOST_HEADERS:
        raise DecodeError(f"has {count:,} sections, which no linker writes; the file is damaged")
    base_address = struct.unpack_from("<Q", optional, 24)[0]
    table = bytes(file.read(at + _HEADER.size + optional_size, count * _SECTION.size, what="the section table"))
    segments, sections = [], {}
    for name, memory_size, address, size, offset, _, _, _, _, flags in _SECTION.iter_unpack(table):
        size = min(size, memory_size)
        segments.append(Segment(base_address + address, offset, size, bool(flags & _EXECUTABLE)))
        sections[text_at(name)] = Section(base_address + address, offset, size)
    return Image(
        file=file,
        kind="pe",
        architecture=_ARCHITECTURES.get(machine, f"PE machine {machine:#x}"),
        segments=tuple(segments),
        sections=sections,
        base_address=base_address,
        is_stripped=not symbols,
    )
