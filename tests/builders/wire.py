"""Protobuf's wire format by hand: what the runtime writes, and what it never would."""

from __future__ import annotations

from collections.abc import Iterable

VARINT, FIXED64, BYTES, GROUP, END_GROUP, FIXED32 = range(6)


def varint(value: int, *, width: int = 0) -> bytes:
    """A number modulo 2^64; `width` makes it needlessly long, up to ten bytes."""
    value %= 1 << 64
    out = bytearray()
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    while len(out) < width:
        out[-1] |= 128
        out.append(0)
    return bytes(out)


def tag(number: int, wire_type: int, *, width: int = 0) -> bytes:
    """What stands before a field."""
    return varint(number << 3 | wire_type, width=width)


def number(field: int, value: int) -> bytes:
    """A field with one number."""
    return tag(field, VARINT) + varint(value)


def numbers(field: int, *values: int) -> bytes:
    """A field with several numbers, packed."""
    return sized(field, b"".join(map(varint, values)))


def sized(field: int, *parts: bytes) -> bytes:
    """A field with bytes: a text, a message, packed numbers."""
    payload = b"".join(parts)
    return tag(field, BYTES) + varint(len(payload)) + payload


def texts(*strings: str) -> bytes:
    """A string table, its empty first entry included."""
    return b"".join(sized(6, string.encode()) for string in ("", *strings))


def unknown_fields(fields: Iterable[int] = (100,)) -> bytes:
    """Fields of every wire type protobuf still has."""
    return b"".join(
        tag(field, VARINT)
        + varint(7)
        + tag(field, FIXED64)
        + b"8 bytes."
        + sized(field, b"??")
        + tag(field, FIXED32)
        + b"four"
        for field in fields
    )
