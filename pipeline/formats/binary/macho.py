"""Mach-O, as macOS has it: programs of 64 bits, for one architecture. The layout is in Go's debug/macho as well."""

from __future__ import annotations

import struct
from typing import Final

from pipeline.errors import DecodeError
from pipeline.formats.binary.wire import MOST_HEADERS, File, Image, Section, Segment, text_at

_MAGIC_64: Final = b"\xcf\xfa\xed\xfe"
_ARCHITECTURES: Final = {0x0100_0007: "amd64", 0x0100_000C: "arm64"}
_PROGRAMS: Final = {2, 6, 8}
_HEADER: Final = struct.Struct("<4sIIIIIII")
_SEGMENT: Final = struct.Struct("<16sQQQQIIII")
_SECTION: Final = struct.Struct("<16s16sQQIIIIIIII")
_LC_SYMTAB, _LC_DYSYMTAB, _LC_SEGMENT_64, _LC_CHAINED = 2, 0xB, 0x19, 0x8000_0034
_EXECUTABLE: Final = 4
_MOST_COMMAND_BYTES: Final = 4 << 20
# The low bits of a pointer of a chain (dyld_chained_ptr_64_rebase): the others lead to the next.
_CHAINED_BITS: Final = 36


def read(file: File) -> Image:
    """The program in a Mach-O file; raises DecodeError for what is none, or of another word size or byte order."""
    header = bytes(file.read(0, min(_HEADER.size, file.size_bytes), what="the Mach-O header"))
    if header[:4] != _MAGIC_64 or len(header) < _HEADER.size:
        raise DecodeError("is a Mach-O file that is not 64-bit and little-endian; those of amd64 and arm64 are read")
    _, cpu, _, kind, count, size, _, _ = _HEADER.unpack(header)
    if kind not in _PROGRAMS:
        raise DecodeError(f"is a Mach-O file of type {kind}, not a program; give the executable that the linker wrote")
    if count > MOST_HEADERS or size > _MOST_COMMAND_BYTES:
        raise DecodeError(f"has {count:,} load commands in {size:,} bytes, which no linker writes; the file is damaged")
    data = bytes(file.read(_HEADER.size, size, what="the load commands"))
    segments: list[Segment] = []
    sections: dict[str, Section] = {}
    base_address, is_chained, symbols, local_symbols = 0, False, 0, None
    at = 0
    for _ in range(count):
        command, length = struct.unpack_from("<II", data, at) if at + 8 <= len(data) else (0, 0)
        if length < 8 or at + length > len(data):
            raise DecodeError(f"a load command at {_HEADER.size + at:,} goes beyond the others; the file is damaged")
        body = data[at + 8 : at + length]
        at += length
        if command == _LC_SEGMENT_64 and len(body) >= _SEGMENT.size:
            name, address, memory_size, offset, file_size, _, protection, n_sections, _ = _SEGMENT.unpack_from(body)
            is_executable = bool(protection & _EXECUTABLE)
            segments.append(Segment(address, offset, min(memory_size, file_size), is_executable))
            if name.rstrip(b"\0") == b"__TEXT":
                base_address = address - offset
            found = min(n_sections, (len(body) - _SEGMENT.size) // _SECTION.size)
            sections |= dict(_section(body, _SEGMENT.size + index * _SECTION.size) for index in range(found))
        elif command == _LC_SYMTAB and len(body) >= 8:
            symbols = struct.unpack_from("<I", body, 4)[0]
        elif command == _LC_DYSYMTAB and len(body) >= 16:
            local_symbols = sum(struct.unpack_from("<4I", body)[1::2])
        is_chained = is_chained or command == _LC_CHAINED
    return Image(
        file=file,
        kind="macho",
        architecture=_ARCHITECTURES.get(cpu, f"Mach-O processor {cpu:#x}"),
        segments=tuple(segments),
        sections=sections,
        base_address=base_address,
        is_stripped=not (symbols if local_symbols is None else local_symbols),
        pointer_bits=_CHAINED_BITS if is_chained else 64,
    )


def _section(body: bytes, at: int) -> tuple[str, Section]:
    name, _, address, size, offset, *_ = _SECTION.unpack_from(body, at)
    return text_at(name), Section(address, offset, size)
