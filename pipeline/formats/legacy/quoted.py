"""Labels as Go prints them: `{"key":"value", "other":"value"}`, each text quoted as `%q` quotes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

_QUOTED: Final = rb'"((?:[^"\\]|\\.)*+)"'
_PAIR: Final = re.compile(rb"[, ]*+" + _QUOTED + rb": ?" + _QUOTED, re.DOTALL)
_ESCAPE: Final = re.compile(rb"\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8})|(.))", re.DOTALL)
_LETTERS: Final[Mapping[bytes, bytes]] = {
    b"a": b"\a",
    b"b": b"\b",
    b"f": b"\f",
    b"n": b"\n",
    b"r": b"\r",
    b"t": b"\t",
    b"v": b"\v",
}


def quoted_labels(text: bytes) -> list[tuple[bytes, bytes]]:
    """Key and value of each label, as they were before they were quoted."""
    return [(unquoted(found[1]), unquoted(found[2])) for found in in_a_row(_PAIR, text[text.find(b"{") + 1 :])]


def in_a_row(pattern: re.Pattern[bytes], text: bytes) -> Iterator[re.Match[bytes]]:
    """Matches that follow one another from the beginning: to look for one from every place takes the square of the length."""
    end = 0
    while found := pattern.match(text, end):
        yield found
        end = found.end()


def unquoted(text: bytes) -> bytes:
    """What Go quoted (strconv.Quote), the quotes left out."""
    return _ESCAPE.sub(_meant, text) if b"\\" in text else text


def _meant(found: re.Match[bytes]) -> bytes:
    byte, short, long, letter = found.groups()
    if byte:
        return bytes([int(byte, 16)])
    if short or long:
        # surrogates and numbers beyond Unicode are nothing that Go writes.
        number = int(short or long, 16)
        return chr(number if number < 0x110000 else 0xFFFD).encode("utf-8", "replace")
    return _LETTERS.get(letter, letter)
