"""Tells a profile from any other bytes by its first fields."""

from __future__ import annotations

# Wire types of Profile's fields, by number.
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_MESSAGES = frozenset((1, 2, 3, 4, 5, 6, 11))
_NUMBERS = frozenset((7, 8, 9, 10, 12, 14, 15))
_COMMENT = 13
_TEXT = frozenset(range(0x20, 0x7F)) | frozenset(b"\t\r\n")
_HEAD_BYTES = 64
_FIELDS = 3
_CUT_OFF = -1


def looks_like_profile(content: bytes) -> bool:
    """Whether the bytes begin as a Profile message does, and not as a text.

    A text can begin with what would be a tag too (a newline is field 1): a message has bytes among its
    first that no text has. Its first fields have the types that profile.proto gives them, as far as they go.
    """
    head = content[:_HEAD_BYTES]
    if all(byte in _TEXT for byte in head):
        return False
    position = 0
    for place in range(_FIELDS):
        tag, position = _number(head, position)
        if tag == _CUT_OFF:
            return place > 0
        if not _is_field(tag >> 3, tag & 7) or (place == 0 and not 1 <= tag >> 3 <= 15):
            return False
        value, after = _number(head, position)
        if value == _CUT_OFF:
            return True
        position = {_VARINT: after, _BYTES: after + value, _FIXED64: position + 8, _FIXED32: position + 4}[tag & 7]
        if position > len(content) > _HEAD_BYTES:
            return False
        if position >= len(head):
            return True
    return True


def _is_field(number: int, wire_type: int) -> bool:
    if number in _MESSAGES:
        return wire_type == _BYTES
    if number in _NUMBERS:
        return wire_type == _VARINT
    return wire_type in (_VARINT, _BYTES) or (number != _COMMENT and wire_type in (_FIXED64, _FIXED32))


def _number(head: bytes, position: int) -> tuple[int, int]:
    """The number at `position`, or _CUT_OFF, and where it ends."""
    value = 0
    for place, byte in enumerate(head[position : position + 10]):
        value |= (byte & 127) << 7 * place
        if byte < 128:
            return value, position + place + 1
    return _CUT_OFF, len(head)
