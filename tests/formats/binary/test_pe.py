"""PE: what its headers say, and what is refused."""

from __future__ import annotations

import struct

import pytest

from pipeline.errors import DecodeError
from pipeline.formats.binary.pe import read
from pipeline.formats.binary.wire import Held
from tests.formats.binary.reading import some_program

CONTENT = some_program(kind="pe").content


def changed(at: int, layout: str, value: int) -> bytes:
    content = bytearray(CONTENT)
    struct.pack_into(layout, content, at, value)
    return bytes(content)


@pytest.mark.parametrize("architecture", ["amd64", "arm64"])
def test_headers_become_an_image(architecture: str) -> None:
    made = some_program(kind="pe", architecture=architecture)
    image = read(Held(made.content))

    assert (image.kind, image.architecture) == ("pe", architecture)
    assert image.base_address == 0x1_4000_0000
    assert image.sections[".text"].address == made.code
    # The file is denser than memory.
    assert image.sections[".rodata"].offset != image.sections[".rodata"].address - image.base_address
    assert [segment.is_executable for segment in image.segments] == [True, False, False]


def test_without_symbols_it_is_stripped() -> None:
    assert read(Held(some_program(kind="pe", is_stripped=True).content)).is_stripped
    assert not read(Held(CONTENT)).is_stripped


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (CONTENT[:62], "the DOS header should be"),
        (CONTENT[:140], "the PE header should be"),
        (CONTENT[:160], "the optional header should be"),
        (changed(60, "<I", 0xFFFF_FFF0), "the PE header should be"),
        (changed(152, "<H", 0x10B), "not of 64 bits"),
        (changed(148, "<H", 8), "not of 64 bits"),
        (changed(134, "<H", 60_000), "60,000 sections"),
        (changed(134, "<H", 4_000), "the section table should be"),
        (CONTENT[:-512], "a segment should be"),
    ],
)
def test_what_no_linker_writes_is_refused_with_the_reason(content: bytes, said: str) -> None:
    with pytest.raises(DecodeError, match=said):
        read(Held(content))
