"""The format as the corridor sees it: its tables, and no input that breaks it."""

from __future__ import annotations

import struct
from random import Random

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.formats.binary import FORMAT
from pipeline.schema import tables
from tests.formats.binary.reading import blob, read, some_program

OURS = {"source_hash", "service", "build", "labels", "package"}
KINDS = [
    {"kind": kind, "architecture": architecture, "release": release}
    for kind, architecture, release in (
        *(("elf", "amd64", 20), ("elf", "arm64", 18), ("elf", "amd64", 16)),
        *(("macho", "arm64", 20), ("pe", "amd64", 20)),
    )
]
PROGRAMS = [some_program(**options).content for options in KINDS] + [
    some_program(is_named=False, is_stripped=True).content
]
LIES = (
    0,
    1,
    4,
    0x7F,
    0x80,
    0xFF,
    0xFFFF,
    0x7FFF_FFFF,
    1 << 31,
    (1 << 32) - 1,
    4 << 30,
    1 << 62,
    1 << 63,
    (1 << 64) - 1,
)


def test_every_filled_table_has_its_declared_columns() -> None:
    (decoded,) = FORMAT.decode([blob(PROGRAMS[0])])

    assert set(decoded.columns) == set(FORMAT.fills)
    for name, columns in decoded.columns.items():
        declared = {column.lake_name: column for column in tables()[name].columns if column.lake_name not in OURS}
        assert set(columns) == {*declared, "blob_index"}
        for column, values in columns.items():
            array = pa.array(values)
            assert array.null_count == 0 or declared[column].nullable


@pytest.mark.parametrize("content", PROGRAMS, ids=lambda content: content[:4].hex())
def test_a_program_cut_anywhere_is_refused_with_a_reason(content: bytes) -> None:
    # Between its parts there is nothing but zeros.
    ends = [end for end in range(4, len(content)) if content[end - 1] or end % 256 == 0]
    for end in ends:
        if FORMAT.recognise(content[:end]):
            found = read(content[:end])
            assert found.refusal.endswith(("damaged", "read", "cut off")) or end > len(content) - 600, (end, found)


@given(st.sampled_from(PROGRAMS), st.integers(0, 2**32), st.integers(1, 4))
def test_numbers_that_lie_anywhere_never_break_the_reading(content: bytes, seed: int, changes: int) -> None:
    draw, changed = Random(seed), bytearray(content)
    full = [at for at, byte in enumerate(content) if byte]
    for _ in range(changes):
        size = draw.choice((1, 2, 4, 8))
        at = min(draw.choice(full) // size * size, len(content) - size)
        changed[at : at + size] = struct.pack("<Q", draw.choice(LIES))[:size]

    if FORMAT.recognise(bytes(changed)):
        found = read(bytes(changed))
        for columns in found.decoded.columns.values():
            assert len({len(column) for column in columns.values()}) == 1


def test_segments_of_four_gigabytes_are_refused_at_once() -> None:
    content = bytearray(PROGRAMS[0])
    struct.pack_into("<QQ", content, 64 + 32, 4 << 30, 4 << 30)

    assert "should be 4,294,967,296 bytes" in read(bytes(content)).refusal
