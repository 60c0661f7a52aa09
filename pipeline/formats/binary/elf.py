"""ELF, as Linux and most Unixes have it: headers of 64-bit little-endian programs.

Specified by the System V ABI; the layout is in Go's debug/elf as well.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from pipeline.errors import DecodeError
from pipeline.formats.binary.wire import MOST_HEADERS, File, Image, Relocations, Section, Segment, text_at

_ARCHITECTURES: Final = {21: "ppc64le", 62: "amd64", 183: "arm64", 243: "riscv64", 258: "loong64", 8: "mips64le"}
_TYPES: Final = {1: "an object file", 4: "a core dump"}
_HEADER: Final = struct.Struct("<16xHHIQQQIHHHHHH")
_PROGRAM: Final = struct.Struct("<IIQQQQQQ")
_SECTION: Final = struct.Struct("<IIQQQQIIQQ")
_LOAD, _NOTE = 1, 4
_SYMTAB, _RELA, _NOBITS, _NOTES = 2, 4, 8, 7
# R_X86_64_RELATIVE, R_AARCH64_RELATIVE
_RELATIVE: Final = {"amd64": 8, "arm64": 1027}
_MOST_NOTES: Final = 64
_MOST_NOTE_BYTES: Final = 4_096


@dataclass(frozen=True, slots=True)
class _Header:
    """One entry of the section header table."""

    name: str
    kind: int
    section: Section


def read(file: File) -> Image:
    """The program in an ELF file; raises DecodeError for what is none, or of another word size or byte order."""
    identity = bytes(file.read(0, min(16, file.size_bytes), what="the ELF header"))
    if len(identity) < 16 or identity[4] != 2 or identity[5] != 1:
        raise DecodeError("is an ELF file that is not 64-bit and little-endian; only those of amd64 and arm64 are read")
    kind, machine, _, _, phoff, shoff, _, _, phentsize, phnum, shentsize, shnum, shstrndx = _HEADER.unpack(
        bytes(file.read(0, _HEADER.size, what="the ELF header"))
    )
    if kind in _TYPES:
        raise DecodeError(f"is {_TYPES[kind]}, not a program; give the executable that the linker wrote")
    programs = _table(file, _PROGRAM, offset=phoff, size=phentsize, count=phnum, what="the program header table")
    headers = _headers(file, offset=shoff, size=shentsize, count=shnum, names=shstrndx)
    segments = tuple(
        Segment(address, offset, min(size, memory_size), bool(flags & 1))
        for kind, flags, offset, address, _, size, memory_size, _ in programs
        if kind == _LOAD
    )
    architecture = _ARCHITECTURES.get(machine, f"ELF machine {machine}")
    notes = dict(_notes(file, programs, headers))
    return Image(
        file=file,
        kind="elf",
        architecture=architecture,
        segments=segments,
        sections={one.name: one.section for one in headers if one.kind != _NOBITS},
        base_address=_base_address(segments),
        is_stripped=all(one.kind != _SYMTAB for one in headers),
        build_id=notes.get((b"GNU\0", 3), b"").hex(),
        go_build_id=notes.get((b"Go\0\0", 4), b"").decode("utf-8", "replace"),
        relocations=_relocations(file, headers, architecture),
    )


def _table(
    file: File, layout: struct.Struct, *, offset: int, size: int, count: int, what: str
) -> list[tuple[int, ...]]:
    if not count:
        return []
    if size < layout.size or count > MOST_HEADERS:
        raise DecodeError(f"{what} has {count:,} entries of {size} bytes, which no linker writes; the file is damaged")
    data = bytes(file.read(offset, size * count, what=what))
    return [layout.unpack_from(data, index * size) for index in range(count)]


def _headers(file: File, *, offset: int, size: int, count: int, names: int) -> list[_Header]:
    if not offset:
        return []
    found = _table(file, _SECTION, offset=offset, size=size, count=count, what="the section header table")
    if names >= len(found):
        return []
    texts = file.read(found[names][4], found[names][5], what="the names of sections") if found[names][1] == 3 else None
    headers = []
    for name, kind, _, address, at, length, _, _, _, _ in found:
        text = text_at(texts[name : name + 64]) if texts is not None else ""
        headers.append(_Header(text, kind, Section(address, at, length)))
    return headers


def _base_address(segments: Sequence[Segment]) -> int:
    """A mapping begins at some offset of the file, so addresses are counted from where the file would begin."""
    first = next((segment for segment in segments if segment.is_executable), None)
    return first.address - first.offset if first else 0


def _notes(
    file: File, programs: Sequence[tuple[int, ...]], headers: Sequence[_Header]
) -> Iterator[tuple[tuple[bytes, int], bytes]]:
    """Owner and type of each note, with its content; the Go linker has a program header for one of its two only."""
    spans = {(offset, size) for kind, _, offset, _, _, size, _, _ in programs if kind == _NOTE}
    spans |= {(one.section.offset, one.section.size_bytes) for one in headers if one.kind == _NOTES}
    for offset, size in sorted(spans)[:_MOST_NOTES]:
        if offset + size > file.size_bytes or size > _MOST_NOTE_BYTES:
            continue
        data, at = bytes(file.read(offset, size, what="a note")), 0
        while at + 12 <= len(data):
            owner_size, content_size, kind = struct.unpack_from("<III", data, at)
            owner_end = at + 12 + (owner_size + 3 & ~3)
            end = owner_end + content_size
            if end > len(data):
                break
            yield (data[at + 12 : at + 12 + owner_size], kind), data[owner_end:end]
            at = end + 3 & ~3


def _relocations(file: File, headers: Sequence[_Header], architecture: str) -> Relocations | None:
    """The pointers of a position-independent program, which are zero in the file itself."""
    spans = sorted({(one.section.offset, one.section.size_bytes // 24 * 24) for one in headers if one.kind == _RELA})
    # Tables that lie over each other could be any number of times the file.
    if architecture not in _RELATIVE or not 0 < sum(size for _, size in spans) <= file.size_bytes:
        return None
    data = np.concatenate([file.read(offset, size, what="the relocations") for offset, size in spans])
    entries = data.view("<u8").reshape(-1, 3)
    entries = entries[(entries[:, 1] & np.uint64(0xFFFF_FFFF)) == _RELATIVE[architecture]]
    order = np.argsort(entries[:, 0], kind="stable")
    return Relocations(np.ascontiguousarray(entries[order, 0]), np.ascontiguousarray(entries[order, 2]))
