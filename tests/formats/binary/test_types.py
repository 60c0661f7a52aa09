"""Type descriptors: names and sizes, and nothing where there is none."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from pipeline.formats.binary.elf import read
from pipeline.formats.binary.types import types_at
from pipeline.formats.binary.wire import Held
from tests.builders.executable import Function, Program, executable

SIZES = {"main.node": 24, "map[string]*main.größe": 8, "struct {}": 0, "[1073741824]uint64": 1 << 33}


def made(types: dict[str, int]) -> Program:
    return executable(Function("main.main"), types=types)


def at(program: Program, addresses: list[int], *, content: bytes = b"") -> list[tuple[str | None, int | None]]:
    found = types_at(read(Held(content or program.content)), np.array(addresses, np.uint64), start=program.types)
    return list(zip(found.name.to_pylist(), found.size_bytes.to_pylist(), strict=True))


def test_names_and_sizes_are_those_of_the_types() -> None:
    program = made(SIZES)
    addresses = [program.types + 16 + 48 * index for index in range(len(SIZES))]

    assert at(program, [*addresses, 0, *addresses[::-1]]) == [*SIZES.items(), (None, None), *list(SIZES.items())[::-1]]


def test_what_lies_elsewhere_is_no_type() -> None:
    program = made(SIZES)

    assert (
        at(program, [1, program.types - 1, program.code, (1 << 64) - 1, program.types + 100_000]) == [(None, None)] * 5
    )


def test_without_a_place_to_count_from_nothing_is_known() -> None:
    program = made(SIZES)
    image = read(Held(program.content))

    for start in (0, 0x77):
        found = types_at(image, np.array([program.types + 16], np.uint64), start=start)
        assert (found.name.to_pylist(), found.size_bytes.to_pylist()) == ([None], [None])
    assert at(program, []) == []


@pytest.mark.parametrize(
    ("offset", "layout", "value"),
    [
        (7, "<B", 0x80),  # More bytes than there are addresses.
        (23, "<B", 0),  # No kind.
        (23, "<B", 27),  # One that there is not.
        (40, "<I", 0x7FFF_FFFF),  # A name far away,
        (40, "<i", -9),  # before,
        (40, "<I", 64 + 8),  # or where there is none.
    ],
)
def test_a_descriptor_that_lies_is_none(offset: int, layout: str, value: int) -> None:
    program = made({"main.node": 24})
    content = bytearray(program.content)
    struct.pack_into(layout, content, program.types - program.base + 16 + offset, value)

    assert at(program, [program.types + 16], content=bytes(content)) == [(None, None)]


@pytest.mark.parametrize("text", [b"\xff\xff\xff\xff", b"\x01\x80\x80\x80", b"\x01\xff\x7f", b"\x01\x02\xff\xff"])
def test_a_name_that_is_none_is_no_type(text: bytes) -> None:
    program = made({"main.node": 24})
    start = program.content.index(b"\x01\x09main.node")
    content = program.content[:start] + text + program.content[start + len(text) :]

    assert at(program, [program.types + 16], content=content) == [(None, None)]
