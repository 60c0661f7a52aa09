"""Which line each instruction is of, and what was inlined: kept as the linker wrote it, in every layout that has it."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from tests.builders.executable import Function, Raw, executable, tabled
from tests.formats.binary.reading import Read, read

INNER = Function(
    "main.outer",
    "/app/main.go",
    7,
    [Raw(bytes(60))],
    runs=[(16, 8, -1), (16, 30, 0), (16, 41, 1)],
    inlined=[("main.middle", 29, 4), ("strings.deep", 40, 20)],
)
PLAIN = Function("main.plain", "/app/other.go", 3, [Raw(bytes(60))])
ALSO = Function("main.also", "/app/main.go", 90, [Raw(bytes(60))], runs=[(16, 1, 0)], inlined=[("main.middle", 29, 8)])


def program(**options: Any) -> Read:
    return read(executable(INNER, PLAIN, ALSO, **options).content)


@pytest.mark.parametrize("kind", ["elf", "macho", "pe"])
@pytest.mark.parametrize(("architecture", "step_bytes"), [("amd64", 1), ("arm64", 4)])
def test_each_function_has_its_tables(kind: str, architecture: str, step_bytes: int) -> None:
    found = program(kind=kind, architecture=architecture)
    outer, plain, _ = found.rows("binary_line")

    assert [row["address"] for row in found.rows("binary_line")] == [
        row["address"] for row in found.rows("binary_function")
    ]
    assert {row["step_bytes"] for row in found.rows("binary_line")} == {step_bytes}
    assert outer["lines"] == tabled([(16 // step_bytes, 8), (16 // step_bytes, 30), (16 // step_bytes, 41)])
    assert outer["inlined"] == tabled([(16 // step_bytes, -1), (16 // step_bytes, 0), (16 // step_bytes, 1)])
    assert plain["lines"].startswith(tabled([(16, 3)])[:-1])
    assert plain["inlined"] == b""


@pytest.mark.parametrize("word", [40, 43])
def test_inlined_calls_are_found_where_either_release_has_them(word: int) -> None:
    found = program(function_data_word=word)
    outer, _, also = found.rows("binary_function")

    assert [
        (row["address"], row["position"], row["name"], row["start_line"], row["call_offset_bytes"])
        for row in found.rows("binary_inlined")
    ] == [
        (outer["address"], 0, "main.middle", 29, 4),
        (outer["address"], 1, "strings.deep", 40, 20),
        (also["address"], 0, "main.middle", 29, 8),
    ]


def test_files_are_those_of_the_package_by_number() -> None:
    found = program()

    assert [(row["position"], row["file"]) for row in found.rows("binary_source_file")] == [
        (0, "/app/main.go"),
        (1, "/app/other.go"),
    ]
    assert [row["first_file"] for row in found.rows("binary_line")] == [0, 0, 0]
    for row, number in zip(found.rows("binary_line"), (0, 1, 0), strict=True):
        assert row["files"].startswith(tabled([(16, number)]))


@pytest.mark.parametrize(
    "options", [{"release": 18}, {"release": 16}, {"has_module": False}, {"function_data_word": 50}]
)
def test_where_inlined_calls_are_not_known_no_line_is_told(options: dict[str, Any]) -> None:
    found = program(**options)

    assert len(found.rows("binary_function")) == 3
    assert "binary_line" not in found.decoded.columns


def changed(was: bytes, now: bytes) -> Read:
    content = executable(INNER, PLAIN, ALSO).content
    assert content.count(was) == 1
    return read(content.replace(was, now))


def test_a_call_that_is_none_of_this_function_leaves_all_lines_untold() -> None:
    found = changed(struct.pack("<ii", 4, 29), struct.pack("<ii", 4000, 29))

    assert "binary_line" not in found.decoded.columns


def test_a_table_longer_than_its_function_is_none() -> None:
    long = Function("main.long", "/app/main.go", 7, [Raw(bytes(4))], runs=[(1, line, -1) for line in range(1, 90, 2)])

    assert read(executable(long, PLAIN).content).rows("binary_line")[0]["lines"] == b""


def test_what_a_row_cannot_have_is_refused() -> None:
    was = struct.pack("<iI", 7, 4 << 24)
    many = struct.pack("<iI", 7, 255 << 24)

    assert "lies outside of it" in changed(was, many).refusal
