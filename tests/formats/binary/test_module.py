"""Where code and types begin: from module data, the function table or the names of sections."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.formats.binary import elf, macho, pe
from pipeline.formats.binary.module import Layout, layout_of
from pipeline.formats.binary.pclntab import find_table, functions_of
from pipeline.formats.binary.wire import Held
from tests.builders.executable import Program
from tests.formats.binary.reading import some_program

READ = {"elf": elf.read, "macho": macho.read, "pe": pe.read}


def layout(made: Program, kind: str = "elf", *, more: int = 0) -> Layout | None:
    image = READ[kind](Held(made.content))
    table = find_table(image)
    assert table is not None
    functions, first_entry = functions_of(table)
    return layout_of(image, table, code_bytes=functions.code_bytes + more, first_entry=first_entry)


@pytest.mark.parametrize("release", [16, 18, 20])
@pytest.mark.parametrize("kind", ["elf", "macho", "pe"])
@pytest.mark.parametrize("is_named", [True, False])
def test_module_data_tells_both_whatever_has_a_name(release: int, kind: str, is_named: bool) -> None:
    made = some_program(kind=kind, release=release, is_named=is_named)

    found = layout(made, kind)

    assert found is not None
    assert (found.code, found.types) == (made.code, made.types)
    # Behind the function table, in the layouts that have it.
    assert len(found.function_data) == (release == 20)


@pytest.mark.parametrize("kind", ["elf", "macho"])
def test_names_of_sections_tell_both_without_module_data(kind: str) -> None:
    made = some_program(kind=kind, has_module=False)

    assert layout(made, kind) == Layout(made.code, made.types)


@pytest.mark.parametrize("release", [16, 18])
def test_an_older_table_tells_where_the_code_is_without_any_of_it(release: int) -> None:
    made = some_program(release=release, is_named=False, has_module=False)

    assert layout(made) == Layout(made.code, 0)


def test_without_any_of_it_nothing_is_known() -> None:
    assert layout(some_program(is_named=False, has_module=False)) is None


def test_code_that_no_segment_has_is_nowhere() -> None:
    assert layout(some_program(), more=1 << 20) is None


def test_module_data_that_lies_is_passed_over() -> None:
    made = some_program()
    options: dict[str, Any] = {}
    lie = bytearray(made.content)
    at = made.content.rindex(made.code.to_bytes(8, "little"))
    lie[at : at + 8] = (0x7777).to_bytes(8, "little")

    found = layout(Program(bytes(lie), made.code, made.types, made.base, options, {}))

    assert found is not None
    assert (found.code, found.types) == (made.code, made.types)
