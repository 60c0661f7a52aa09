"""Content hashes as numbers: XXH64, read as signed as Delta and Arrow's joins want them, and as people see them."""

from __future__ import annotations

import xxhash

_BITS = 1 << 64


def hash_of(content: bytes | memoryview | str) -> int:
    """XXH64 of bytes, or of a text in UTF-8, as a signed number; what is not Unicode in a file name stays what it was."""
    data = content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content
    return signed(xxhash.xxh64_intdigest(data))


def signed(bits: int) -> int:
    """64 bits as a signed number."""
    return bits - _BITS if bits >= _BITS >> 1 else bits


def hexadecimal(value: int) -> str:
    """The 16 digits that people and DuckDB's tables have for a hash."""
    return f"{value % _BITS:016x}"
