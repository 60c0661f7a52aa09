"""An executable is known by its first bytes, and by nothing else."""

from __future__ import annotations

import pytest

from pipeline.formats import FORMATS
from pipeline.formats.binary.recognise import executable_kind, looks_like_executable
from tests.formats.binary.reading import some_program
from tests.fuzz.targets import logs, profiles, text_reports, traces_since_122


@pytest.mark.parametrize("kind", ["elf", "macho", "pe"])
def test_a_program_is_known_by_512_bytes_and_by_no_other_format(kind: str) -> None:
    head = some_program(kind=kind).content[:512]

    assert executable_kind(head) == kind
    assert [one.name for one in FORMATS if one.recognise(head)] == ["binary"]


def test_a_universal_binary_is_no_class_file_of_java() -> None:
    assert executable_kind(b"\xca\xfe\xba\xbe\0\0\0\x02") == "universal"
    assert executable_kind(b"\xca\xfe\xba\xbe\0\0\0\x41") == ""


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x7fEL",
        b"MZ",
        b"MZ" + bytes(62),
        b"MZ is how a text may begin" * 9,
        b"#!/bin/sh\n",
        b"PK\x03\x04",
        b"\xca\xfe",
    ],
)
def test_other_bytes_are_none(content: bytes) -> None:
    assert not looks_like_executable(content)


def test_no_input_of_another_format_is_one() -> None:
    others = [*profiles(), *traces_since_122(), *text_reports(), *logs()]

    assert [content[:16] for content in others if looks_like_executable(content)] == []
