"""Executables: numbers of their headers and tables at the ends of what they hold, parts moved, cut off, doubled."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Final

from tests.fuzz.mutate import dumb

# Sizes and addresses that hurt: of a byte, a page, 31 and 32 bits, the address space, and the sign.
_LIES: Final = (0, 1, 2, 4, 7, 0x7F, 0x80, 0xFF, 0xFFF, 0x1000, 0xFFFF, 0x7FFF_FFFF, 1 << 31, (1 << 32) - 1, 4 << 30)
_FAR_LIES: Final = (0x400000, 0x401000, 1 << 47, 1 << 62, (1 << 62) - 1, 1 << 63, (1 << 63) - 1, (1 << 64) - 1)


def mutated(content: bytes, draw: Random, others: Sequence[bytes]) -> bytes:
    """A program with some changes to its numbers; most leave it one."""
    changed = bytearray(content)
    # Most of a small program is padding, which nothing reads.
    full = [at for at, byte in enumerate(content) if byte]
    for _ in range(draw.choice((1, 1, 1, 2, 3, 6))):
        size = draw.choice((1, 2, 4, 4, 8, 8))
        at = min(draw.choice(full) // size * size, len(content) - size)
        was = int.from_bytes(changed[at : at + size], "little")
        number = draw.choice((*_LIES, *_FAR_LIES, was + 1, was - 1, was * 2, was + 8, draw.randrange(len(content))))
        changed[at : at + size] = (number % (1 << 8 * size)).to_bytes(size, "little")
    if draw.random() < 0.1:
        return bytes(changed[: draw.randrange(len(changed))])
    return dumb(bytes(changed), draw, others=others) if draw.random() < 0.1 else bytes(changed)
