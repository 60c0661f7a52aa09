"""A program becomes rows: what each call means, where it is, and what is refused or noted."""

from __future__ import annotations

import struct

import pytest

from pipeline.formats.binary import FORMAT
from tests.builders.executable import BUILD_ID, GO_BUILD_ID
from tests.formats.binary.reading import MAIN, RUNTIME, blob, large, read, some_program

CALLS = [
    ("new", "newobject", "main.node", 24),
    ("append", "growslice", "string", 16),
    ("map_growth", "mapassign_faststr", "map[string]int", 8),
    ("runtime", "chanrecv1", None, None),
    ("make", "mallocgc", None, None),
    ("new", "mallocgc", None, None),
]


@pytest.mark.parametrize("kind", ["elf", "macho", "pe"])
@pytest.mark.parametrize("architecture", ["amd64", "arm64"])
@pytest.mark.parametrize("release", [16, 18, 20])
def test_each_call_has_its_kind_and_type_at_the_address_of_profiles(kind: str, architecture: str, release: int) -> None:
    made = some_program(kind=kind, architecture=architecture, release=release)
    rows = read(made.content).rows("call_site")

    assert [(row["kind"], row["entry_point"], row["type_name"], row["type_size_bytes"]) for row in rows] == CALLS
    # All but the call that ends in a panic.
    behind = [made.behind["main.grow", place] for place in (0, 1, 2, 3, 5, 6)]
    assert [row["address"] for row in rows] == [made.code + at - 1 - made.base for at in behind]


def test_addresses_of_elf_and_macho_are_offsets_in_the_file() -> None:
    for kind in ("elf", "macho"):
        made = some_program(kind=kind)
        address = read(made.content).rows("call_site")[0]["address"]
        assert made.content[address - 4] == 0xE8
    made = some_program(kind="pe")
    assert read(made.content).rows("call_site")[0]["address"] == made.code - made.base + made.behind["main.grow", 0] - 1


def test_functions_have_their_file_and_line_and_are_counted_as_calls_are() -> None:
    made = some_program()
    rows = read(made.content).rows("binary_function")

    assert [(row["name"], row["file"], row["start_line"]) for row in rows] == [
        (one.name, one.file, one.line) for one in (*RUNTIME, MAIN)
    ]
    assert [row["address"] for row in rows] == [made.code + at - made.base for at in made.entry.values()]


def test_the_program_says_how_it_was_built() -> None:
    found = read(some_program().content)
    (row,) = found.rows("binary_file")

    assert row == {
        "blob_index": 0,
        "format": "elf",
        "architecture": "amd64",
        "build_id": BUILD_ID,
        "go_build_id": GO_BUILD_ID,
        "go_version": "go1.27.3",
        "main_package": "example.com/shop/cmd/api",
        "main_module": "example.com/shop",
        "main_module_version": "(devel)",
        "settings": [("-gcflags", "-m=2 -l"), ("GOARCH", "amd64"), ("vcs.revision", "f00")],
        "is_stripped": False,
        "base_address": 0x400000,
    }
    assert [
        (row["module"], row["version"], row["is_main"], row["replaced_by"]) for row in found.rows("binary_module")
    ] == [
        ("example.com/shop", "(devel)", True, None),
        ("github.com/a/b", "v1.2.3", False, None),
        ("github.com/c/d", "v0.1.0", False, "../d"),
    ]


def test_what_is_not_told_is_null() -> None:
    (row,) = read(some_program(told=None, kind="pe").content).rows("binary_file")

    assert [name for name, value in row.items() if value is None] == [
        *("build_id", "go_build_id", "go_version", "main_package", "main_module", "main_module_version")
    ]


def test_a_stripped_program_with_nothing_named_has_the_same_calls() -> None:
    whole, bare = (read(some_program(is_named=named, is_stripped=not named).content) for named in (True, False))

    assert bare.rows("call_site") == whole.rows("call_site")
    assert bare.rows("binary_function") == whole.rows("binary_function")
    assert bare.rows("binary_file")[0]["is_stripped"]


def test_a_program_that_is_not_held_has_the_same_rows() -> None:
    for options in ({}, {"is_named": False}, {"kind": "pe", "architecture": "arm64"}):
        content = some_program(**options).content
        held = read(content).decoded

        (again,) = FORMAT.decode([large(content, most_held_bytes=8_000)])

        assert {
            name: {key: list(column) for key, column in columns.items()} for name, columns in again.columns.items()
        } == {name: {key: list(column) for key, column in columns.items()} for name, columns in held.columns.items()}


def test_a_part_that_does_not_fit_into_memory_is_a_reason() -> None:
    (decoded,) = FORMAT.decode([large(some_program().content, most_held_bytes=100)])

    assert "that fit into --memory" in decoded.refusals[0]


def test_a_program_of_another_language_is_refused_with_what_to_give() -> None:
    nothing = some_program(told=None, is_named=False, has_table=False)

    assert "is no program of Go's, or was packed" in read(nothing.content).refusal


@pytest.mark.parametrize(
    ("flags", "notes"),
    [
        ("all=-N -l", ["built_unoptimised"]),
        ("-l", ["built_unoptimised"]),
        ("all=-m=2 -live", []),
        ("example.com/-N/...=-m", []),
    ],
)
def test_a_program_built_without_optimising_has_a_note(flags: str, notes: list[str]) -> None:
    assert read(some_program(told=f'path\tx\nbuild\t-gcflags="{flags}"\n').content).notes == notes


def test_a_universal_binary_is_refused_with_what_to_do() -> None:
    assert "lipo -thin" in read(b"\xca\xfe\xba\xbe\0\0\0\x02" + bytes(600)).refusal


def test_a_program_whose_function_table_is_gone_has_its_modules_and_a_note() -> None:
    found = read(some_program(is_named=False, has_table=False).content)

    assert set(found.decoded.columns) == {"binary_file", "binary_module"}
    assert found.notes == ["built_unoptimised", "no_function_table"]


def test_a_program_of_another_architecture_has_its_functions_and_a_note() -> None:
    content = bytearray(some_program().content)
    struct.pack_into("<H", content, 18, 243)
    found = read(bytes(content))

    assert set(found.decoded.columns) == {*FORMAT.fills} - {"call_site"}
    assert found.notes == ["built_unoptimised", "calls_unreadable"]


def test_a_table_of_code_that_is_not_there_is_refused() -> None:
    found = read(some_program(is_named=False, has_module=False).content)

    assert "no segment has the" in found.refusal


def test_a_refused_program_leaves_its_neighbours() -> None:
    good = some_program().content
    decoded = list(FORMAT.decode([blob(good), blob(b"\x7fELF"), blob(good)]))

    assert [list(one.refusals) for one in decoded] == [[], [1], []]
    assert [one.columns["binary_file"]["blob_index"].tolist() for one in decoded if one.columns] == [[0], [2]]
