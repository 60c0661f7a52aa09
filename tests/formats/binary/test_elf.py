"""ELF: what its headers say, and what is refused."""

from __future__ import annotations

import struct

import pytest

from pipeline.errors import DecodeError
from pipeline.formats.binary.elf import read
from pipeline.formats.binary.wire import Held
from tests.builders.executable import BUILD_ID, GO_BUILD_ID
from tests.formats.binary.reading import some_program

CONTENT = some_program().content


def changed(at: int, layout: str, value: int) -> bytes:
    content = bytearray(CONTENT)
    struct.pack_into(layout, content, at, value)
    return bytes(content)


@pytest.mark.parametrize("architecture", ["amd64", "arm64", "riscv64"])
def test_headers_become_an_image(architecture: str) -> None:
    made = some_program(architecture="amd64") if architecture == "riscv64" else some_program(architecture=architecture)
    content = bytearray(made.content)
    if architecture == "riscv64":
        struct.pack_into("<H", content, 18, 243)
    image = read(Held(bytes(content)))

    assert (image.kind, image.architecture) == ("elf", architecture)
    assert image.base_address == 0x400000
    assert image.sections[".text"].address == made.code
    assert image.segment_at(made.code) == image.segments[0]
    assert image.segments[0].is_executable
    assert not image.segments[1].is_executable
    assert (image.build_id, image.go_build_id) == (BUILD_ID, GO_BUILD_ID)


def test_without_a_symbol_table_it_is_stripped() -> None:
    assert read(Held(some_program(is_stripped=True).content)).is_stripped
    assert not read(Held(CONTENT)).is_stripped


def test_without_section_headers_the_segments_are_there() -> None:
    image = read(Held(some_program(is_named=False).content))

    assert image.sections == {}
    assert image.is_stripped
    assert image.build_id == BUILD_ID
    assert len(image.segments) == 3


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\x7fELF", "not 64-bit"),
        (changed(4, "<B", 1), "not 64-bit and little-endian"),
        (changed(5, "<B", 2), "not 64-bit and little-endian"),
        (changed(16, "<H", 1), "is an object file, not a program"),
        (changed(16, "<H", 4), "is a core dump, not a program"),
        (CONTENT[:40], "the ELF header should be 64 bytes"),
        (changed(56, "<H", 60_000), "the program header table has 60,000 entries"),
        (changed(54, "<H", 8), "entries of 8 bytes"),
        (changed(60, "<H", 4_000), "the section header table should be"),
        (changed(40, "<Q", 1 << 60), "the section header table should be"),
        (changed(64 + 32, "<Q", 4 << 30), "but the file ends at"),
    ],
)
def test_what_no_linker_writes_is_refused_with_the_reason(content: bytes, said: str) -> None:
    if "4,294" in said or said == "but the file ends at":
        # A segment is as long as it is in memory at most.
        content = bytearray(content)
        struct.pack_into("<Q", content, 64 + 40, 4 << 30)
        content = bytes(content)
    with pytest.raises(DecodeError, match=said):
        read(Held(content))


def test_notes_that_lie_are_left_out() -> None:
    at = CONTENT.index(b"GNU\0") - 12
    content = bytearray(CONTENT)
    struct.pack_into("<I", content, at + 4, 0xFFFF_FFFF)

    assert read(Held(bytes(content))).build_id == ""


def test_relocations_are_the_pointers_of_a_moved_program() -> None:
    content = bytearray(CONTENT)
    headers, count = struct.unpack_from("<Q", content, 40)[0], struct.unpack_from("<H", content, 60)[0]
    table = struct.pack("<6Q", 0x500008, 8, 0x400123, 0x500000, 8, 0x400456) + struct.pack("<3Q", 0x500010, 1, 0x1)
    # The symbol table of the builder is empty: its header becomes that of the relocations.
    symbols = headers + 64 * (count - 2)
    struct.pack_into("<IIQQQQ", content, symbols, 0, 4, 2, 0, len(content), len(table))

    found = read(Held(bytes(content) + table)).relocations

    assert found is not None
    assert found.address.tolist() == [0x500000, 0x500008]
    assert found.value.tolist() == [0x400456, 0x400123]
