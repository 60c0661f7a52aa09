"""Text that others wrote, made fit to be stored, or to be shown on a terminal."""

from __future__ import annotations

import re

# What a terminal obeys instead of showing it: C0, DEL and C1 controls, marks that turn the direction of reading, breaks
# of lines and paragraphs; and lone surrogates, which no terminal can be sent.
_OBEYED = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_OBEYED_IN_LINES = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_SURROGATES = re.compile(r"[\ud800-\udfff]")
_NAMED = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}


def printable(text: str) -> str:
    """A value as one line that a terminal shows and does not obey: `\\x1b`, `\\n`, `\\u202e` for what it would."""
    # True for nearly all names, and at once; what is obeyed is never printable.
    return text if text.isprintable() else _OBEYED.sub(_escaped, text)


def printable_lines(text: str) -> str:
    """The same for text laid out already: its line breaks and tabs stay."""
    return _OBEYED_IN_LINES.sub(_escaped, text)


def storable(text: str) -> str:
    """Text that can be written as UTF-8: bytes of a file name that are not UTF-8 become `\\xNN`."""
    return text if text.isascii() else _SURROGATES.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    character = found[0]
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        # How Python spells a byte that is not UTF-8.
        code -= 0xDC00
    return _NAMED.get(character, f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")
