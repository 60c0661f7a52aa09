"""Compressed bytes: cut, flipped, put one behind the other, inside each other, and far larger than they look."""

from __future__ import annotations

import bz2
import gzip
import lzma
import sys
import zlib
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from random import Random
from typing import Final

from tests.fuzz.mutate import TEXTS, dumb, number

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_BOMB_BYTES: Final = 12 << 20


def _gzip(content: bytes) -> bytes:
    return gzip.compress(content, 6, mtime=0)


PACK: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "gzip": _gzip,
    "zstd": zstd.compress,
    "bzip2": bz2.compress,
    # The least of its presets: others take a hundred megabytes first.
    "xz": partial(lzma.compress, preset=0),
}

LIBRARY: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "gzip": gzip.decompress,
    "zstd": zstd.decompress,
    "bzip2": bz2.decompress,
    "xz": lzma.decompress,
}

LIBRARY_ERRORS: Final = (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError, zstd.ZstdError)


@cache
def bomb(codec: str) -> bytes:
    """Zeros, more than the limits of the fuzzer allow."""
    return PACK[codec](bytes(_BOMB_BYTES))


def mutated(codec: str, contents: Sequence[bytes], draw: Random) -> bytes:
    """Something compressed, with a few changes to it; some are sound."""
    plain = draw.choice(contents)
    packed = PACK[codec](plain)
    kind = draw.randrange(12)
    if kind == 0:
        return packed
    if kind == 1:
        return packed + PACK[draw.choice(list(PACK))](draw.choice(contents))
    if kind == 2:
        return packed + draw.choice((b"\0", bytes(512), *TEXTS))
    if kind == 3:
        return packed[: draw.randrange(len(packed) + 1)]
    if kind == 4:
        for _ in range(draw.randrange(1, 7)):
            packed = PACK[draw.choice(list(PACK))](packed)
        return packed
    if kind == 5:
        return bomb(codec) if draw.random() < 0.1 else packed + PACK[codec](b"")
    if kind == 6 and codec == "gzip":
        return _gzip_header(plain, draw)
    if kind == 7 and codec == "zstd":
        return _zstd_header(packed, draw)
    if kind == 8:
        return _trailing_number(packed, draw)
    return dumb(packed, draw, others=contents)


def _gzip_header(plain: bytes, draw: Random) -> bytes:
    """Every optional part of RFC 1952, sound and not."""
    flags = draw.randrange(32)
    head = b"\x1f\x8b\x08" + bytes([flags]) + bytes(6)
    if flags & 4:
        extra = draw.randbytes(draw.choice((0, 4, 300)))
        head += draw.choice((len(extra), 0xFFFF, len(extra))).to_bytes(2, "little") + extra
    for bit in (8, 16):
        if flags & bit:
            head += draw.choice((b"name", b"x" * 600, b"\xff\xfe")) + draw.choice((b"\0", b"\0", b""))
    if flags & 2:
        head += (zlib.crc32(head) & 0xFFFF if draw.random() < 0.7 else 7).to_bytes(2, "little")
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    body = packer.compress(plain) + packer.flush()
    return head + body + zlib.crc32(plain).to_bytes(4, "little") + (len(plain) & 0xFFFFFFFF).to_bytes(4, "little")


def _zstd_header(packed: bytes, draw: Random) -> bytes:
    """A window of any size, a skippable frame of any length."""
    if draw.random() < 0.5:
        return packed[:4] + bytes([draw.randrange(256), draw.randrange(256)]) + packed[6:]
    length = draw.choice((0, 4, number(draw) % 2**32))
    return (0x184D2A50 | draw.randrange(16)).to_bytes(4, "little") + length.to_bytes(4, "little") + b"skip" + packed


def _trailing_number(packed: bytes, draw: Random) -> bytes:
    """Another checksum or size at the end."""
    return packed[:-4] + (number(draw) % 2**32).to_bytes(4, "little")
