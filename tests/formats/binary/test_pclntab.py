"""The function table: every layout since Go 1.16, found by name or by its first bytes, and what is damaged."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from pipeline.errors import DecodeError
from pipeline.formats.binary.elf import read
from pipeline.formats.binary.pclntab import Functions, Table, find_table, functions_of
from pipeline.formats.binary.wire import Held
from tests.builders.executable import MAGIC, Function, executable
from tests.formats.binary.reading import MAIN, RUNTIME, some_program

RELEASES = (16, 18, 20)


def table_of(content: bytes) -> Table | None:
    return find_table(read(Held(content)))


def functions(content: bytes) -> Functions:
    table = table_of(content)
    assert table is not None
    return functions_of(table)[0]


def changed(offset: int, layout: str, value: int, **options: Any) -> bytes:
    """A program whose function table has something else at an offset."""
    content = bytearray(some_program(**options).content)
    magic = MAGIC[options.get("release", 20)]
    struct.pack_into(layout, content, content.index(struct.pack("<IH", magic, 0)) + offset, value)
    return bytes(content)


def place(word: int) -> int:
    """What a word of the header of Go 1.20 says."""
    content = some_program().content
    return int(struct.unpack_from("<Q", content, content.index(struct.pack("<IH", MAGIC[20], 0)) + 8 * word)[0])


FIRST_ROW = place(8) + 64  # Behind seven entries of eight bytes, one of four, and what fills up to eight.


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("architecture", ["amd64", "arm64"])
@pytest.mark.parametrize("is_named", [True, False])
def test_every_function_has_its_place_name_file_and_line(release: int, architecture: str, is_named: bool) -> None:
    made = some_program(release=release, architecture=architecture, is_named=is_named)
    found = functions(made.content)

    assert found.entry.tolist() == [made.entry[one.name] for one in (*RUNTIME, MAIN)]
    assert found.name.to_pylist() == [one.name for one in (*RUNTIME, MAIN)]
    assert found.file.to_pylist() == [one.file for one in (*RUNTIME, MAIN)]
    assert found.start_line.tolist() == [one.line for one in (*RUNTIME, MAIN)]
    assert found.code_bytes > found.entry[-1]


def test_the_oldest_layout_tells_where_the_code_begins() -> None:
    made = some_program(release=16)
    table = table_of(made.content)
    assert table is not None

    assert functions_of(table)[1] == made.code


def test_names_of_any_bytes_are_text() -> None:
    odd = executable(
        Function("main.\udcff"), Function("main.größe[go.shape.int]"), Function("main.größe[go.shape.int]")
    )

    assert functions(odd.content).name.to_pylist() == ["main.\ufffd", *["main.größe[go.shape.int]"] * 2]


def test_a_program_without_a_table_has_none() -> None:
    assert table_of(some_program(is_named=False, has_table=False).content) is None


def test_bytes_that_only_begin_as_a_table_are_passed_over() -> None:
    made = some_program(is_named=False).content
    lie = struct.pack("<IHBB", MAGIC[20], 0, 1, 8)
    # Before the table there are 32 bytes of nothing.
    at = made.index(lie) - 16
    content = made[:at] + lie + made[at + 8 :]

    assert content.count(lie) == 2
    assert len(functions(content).entry) == 7


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (changed(0, "<I", 0xFFFFFFFB), "was built by Go 1.15 or older"),
        (changed(0, "<I", 0x12345678), "begins with 78 56 34 12 00 00 01 08"),
        (changed(4, "<H", 1), "which Go 1.16 to 1.27 do not write"),
        (changed(7, "<B", 4), "which Go 1.16 to 1.27 do not write"),
        (changed(8, "<Q", 0), "says that it has 0 functions"),
        (changed(8, "<Q", 1 << 40), "says that it has 1,099,511,627,776 functions"),
        (changed(8, "<Q", (1 << 64) - 1), "says that it has -1 functions"),
        *((changed(8 * word, "<Q", 1 << 33), "it is cut off or damaged") for word in range(4, 9)),
        *((changed(8 * word, "<Q", (1 << 64) - 8), "it is cut off or damaged") for word in range(4, 9)),
        (changed(place(8) + 8, "<I", 1 << 30), "not in the order of the code"),
        (changed(place(8) + 4, "<I", 1 << 31), "lies outside of the function table"),
        (changed(FIRST_ROW + 4, "<I", 1 << 31), "the name of a function lies outside"),
        (changed(FIRST_ROW + 4, "<I", 20), "begins inside another"),
        (changed(place(8) + 8 * 7, "<I", 0), "not in the order of the code"),
    ],
)
def test_what_is_damaged_is_refused_with_the_reason(content: bytes, said: str) -> None:
    with pytest.raises(DecodeError, match=said):
        functions(content)


def test_functions_need_room_for_their_rows() -> None:
    # There are eight bytes for each of twenty entries, which could all say that their row is where the first one's is.
    with pytest.raises(DecodeError, match="says that it has 20 functions"):
        functions(changed(8, "<Q", 20))


def test_a_file_number_that_leads_nowhere_is_no_file() -> None:
    found = functions(changed(FIRST_ROW + 20, "<I", 0xFFFF_FFF0))

    assert found.file.to_pylist()[:2] == [None, "/go/src/runtime/malloc.go"]


def test_a_line_that_cannot_be_is_unknown() -> None:
    assert functions(changed(FIRST_ROW + 36, "<i", -5)).start_line.tolist()[0] == 0


def test_a_table_that_ends_in_its_header_is_refused() -> None:
    content = bytearray(some_program().content)
    headers = struct.unpack_from("<Q", content, 40)[0]
    index = next(
        at
        for at in range(headers, len(content), 64)
        if struct.unpack_from("<Q", content, at + 24)[0]
        and content[struct.unpack_from("<Q", content, at + 24)[0] :].startswith(b"\xf1\xff\xff\xff")
    )
    struct.pack_into("<Q", content, index + 32, 40)

    with pytest.raises(DecodeError, match="has 40 bytes, fewer than its header"):
        table_of(bytes(content))
