"""What a terminal obeys is shown instead; what it shows stays as it is."""

from __future__ import annotations

import os
import unicodedata

import pytest

from pipeline.text import printable, printable_lines, storable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("a\nb\tc\rd", "a\\nb\\tc\\rd"),
        ("\x00\x08\x7f", "\\x00\\x08\\x7f"),
        ("\x9b31m\x85", "\\x9b31m\\x85"),
        ("\u202egnp.exe\u202c \u2066x\u2069 \u200e\u200f\u061c", "\\u202egnp.exe\\u202c \\u2066x\\u2069 \\u200e\\u200f\\u061c"),
        ("a\u2028b\u2029c", "a\\u2028b\\u2029c"),
        (os.fsdecode(b"caf\xe9"), "caf\\xe9"),
        ("\ud800\udfff", "\\ud800\\udfff"),
    ],
)  # fmt: skip
def test_what_a_terminal_obeys_is_spelled_out(text: str, shown: str) -> None:
    assert printable(text) == shown


@pytest.mark.parametrize(
    "text",
    ["main.(*Cache[go.shape.int]).Put", "naïve.Größe·1", "日本語.関数", "مرحبا", "👩\u200d💻", "1\u00a0MiB", "a\\nb"],
)
def test_what_people_write_stays(text: str) -> None:
    assert printable(text) == text


def test_every_character_is_shown_or_spelled_out() -> None:
    obeyed = {code for code in range(0x110000) if unicodedata.category(chr(code)) in ("Cc", "Cs", "Zl", "Zp")}
    turning = {code for code in range(0x110000) if unicodedata.bidirectional(chr(code)) in _TURNING}

    spelled = {code for code in range(0x110000) if printable(chr(code)) != chr(code)}

    assert spelled == obeyed | turning | {0x200E, 0x200F, 0x061C}


_TURNING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def test_text_that_is_laid_out_keeps_its_lines_and_tabs() -> None:
    assert printable_lines("a\tb\n\x1bc\r\n") == "a\tb\n\\x1bc\\r\n"


def test_names_that_are_not_utf8_can_be_stored() -> None:
    assert storable(os.fsdecode(b"caf\xe9")) == "caf\\xe9"
    assert storable("\ud800") == "\\ud800"
    assert storable("café \x1b") == "café \x1b"
