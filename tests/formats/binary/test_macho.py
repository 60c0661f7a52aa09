"""Mach-O: what its load commands say, and what is refused."""

from __future__ import annotations

import struct

import pytest

from pipeline.errors import DecodeError
from pipeline.formats.binary.macho import read
from pipeline.formats.binary.wire import Held
from tests.formats.binary.reading import some_program

CONTENT = some_program(kind="macho", architecture="arm64").content


def changed(at: int, value: int) -> bytes:
    content = bytearray(CONTENT)
    struct.pack_into("<I", content, at, value)
    return bytes(content)


@pytest.mark.parametrize("architecture", ["amd64", "arm64"])
def test_load_commands_become_an_image(architecture: str) -> None:
    made = some_program(kind="macho", architecture=architecture)
    image = read(Held(made.content))

    assert (image.kind, image.architecture) == ("macho", architecture)
    assert image.base_address == 0x1_0000_0000
    assert image.sections["__text"].address == made.code
    assert image.segments[0].is_executable
    # Profiles of macOS have no build id to compare with.
    assert image.build_id == ""
    assert image.pointer_bits == 64


def test_without_symbols_it_is_stripped() -> None:
    assert read(Held(some_program(kind="macho", is_stripped=True).content)).is_stripped
    assert not read(Held(CONTENT)).is_stripped


def test_pointers_of_a_chain_are_their_low_bits() -> None:
    # The first bytes of the command of the symbol table become those of chained fixups.
    at = CONTENT.index(struct.pack("<II", 2, 24))

    assert read(Held(changed(at, 0x80000034))).pointer_bits == 36


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (CONTENT[:20], "not 64-bit"),
        (b"\xce" + CONTENT[1:], "not 64-bit"),
        (changed(12, 1), "of type 1, not a program"),
        (changed(16, 1 << 30), "1,073,741,824 load commands"),
        (changed(20, 3 << 20), "the load commands should be"),
        (changed(16, 99), "goes beyond the others"),
        (changed(36, 4), "goes beyond the others"),
        (changed(36, 1 << 31), "goes beyond the others"),
    ],
)
def test_what_no_linker_writes_is_refused_with_the_reason(content: bytes, said: str) -> None:
    with pytest.raises(DecodeError, match=said):
        read(Held(content))


def test_more_sections_than_the_command_has_are_left_out() -> None:
    image = read(Held(changed(32 + 8 + 56, 1 << 30)))

    assert "__text" in image.sections
