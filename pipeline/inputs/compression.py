"""gzip, zstd, bzip2 and xz, recognised by their first bytes and unpacked in small steps.

gzip is as strict as Go's compress/gzip, which is what `go tool pprof` reads profiles with: members one
after the other are one stream, and whatever else follows a member is refused, zeros too (RFC 1952).
"""

from __future__ import annotations

import bz2
import lzma
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from isal import igzip_lib, isal_zlib

from pipeline.errors import CutOff, DecodeError
from pipeline.inputs.limits import Budget
from pipeline.inputs.streams import PIECE_BYTES, Stream, read_exactly

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

# Also how exactly the place of a fault is known, and how much is copied again behind each member.
_CHUNK_BYTES = 1 << 16
# isal decodes by a third faster when the end of the buffer stays out of reach (measured: 146 and 105 µs).
_HEADROOM_BYTES = 1024
# An xz or zstd header may ask for a window of gigabytes.
_WINDOW_BYTES = 1 << 27
# The stub declares an instance where there is a class.
_ISAL_ERROR: type[Exception] = igzip_lib.IsalError  # type: ignore[assignment]
_GZIP_FEXTRA, _GZIP_FNAME, _GZIP_FCOMMENT, _GZIP_FHCRC = 4, 8, 16, 2
# Go reads names into a buffer of this size and refuses longer ones.
_GZIP_NAME_BYTES = 512


class Decompressor(Protocol):
    """What the standard library's, isal's and zstd's decompressors have in common."""

    @property
    def eof(self) -> bool:
        """The end of the stream was reached."""

    @property
    def needs_input(self) -> bool:
        """No more output without more input."""

    @property
    def unused_data(self) -> bytes:
        """Input behind the end of the stream."""

    def decompress(self, data: bytes, /, max_length: int = -1) -> bytes:
        """At most `max_length` more plain bytes."""


class Feed:
    """Compressed bytes on their way into decompressors.

    position  where in the compressed stream the next byte stands
    plain     plain bytes made of those before it
    """

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._returned = b""
        self.position = 0
        self.plain = 0

    def chunk(self) -> bytes:
        """The next bytes, b"" at the end."""
        data = self._returned or self._stream.read(_CHUNK_BYTES)
        self._returned = b""
        self.position += len(data)
        return data

    def take(self, size: int) -> bytes:
        """The next `size` bytes, fewer only at the end."""
        head, self._returned = self._returned[:size], self._returned[size:]
        if len(head) < size:
            head += read_exactly(self._stream, size - len(head))
        self.position += len(head)
        return head

    def give_back(self, data: bytes) -> None:
        """Put back what was taken last and not used."""
        self._returned = data + self._returned
        self.position -= len(data)

    def at_end(self) -> bool:
        """Nothing is left."""
        data = self.chunk()
        self.give_back(data)
        return not data


@dataclass(frozen=True, slots=True)
class Codec:
    """One way to compress: its first bytes and how it is undone."""

    name: str
    recognise: Callable[[bytes], bool]
    plain: Callable[[Feed], Iterator[bytes]]


def codec_of(head: bytes) -> Codec | None:
    """The compression that begins with these bytes, if any; 16 are enough."""
    for codec in (_GZIP, _ZSTD, _BZIP2, _XZ):
        if codec.recognise(head):
            return codec
    return None


def inflate(codec: Codec, stream: Stream, *, budget: Budget) -> Iterator[bytes]:
    """The plain bytes, in pieces of at most 256 KiB, each charged to the budget.

    Raises DecodeError with the place for what the codec's own tool refuses, CutOff among them, and LimitError.
    """
    yield from charged(codec.plain, Feed(stream), budget=budget)


def charged(plain: Callable[[Feed], Iterator[bytes]], feed: Feed, *, budget: Budget) -> Iterator[bytes]:
    """The pieces that `plain` makes of the feed, counted and charged."""
    for piece in plain(feed):
        feed.plain += len(piece)
        budget.spend(len(piece))
        yield piece


def gunzip_whole(content: bytes, *, most: int) -> bytes | None:
    """The plain bytes of a sound gzip file of one member with at most `most` of them; None for any other.

    The fast way for the usual file, in one call. None means: look again with `inflate`, which knows why.
    """
    start = _plain_member_start(content)
    size = int.from_bytes(content[-4:], "little")
    if not start or size > most:
        return None
    decompressor = igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_DEFLATE)
    try:
        plain = decompressor.decompress(memoryview(content)[start:], size + _HEADROOM_BYTES)
    except _ISAL_ERROR:
        return None
    # The stream must end right before the file's last eight bytes: only then is this its trailer.
    if not decompressor.eof or len(decompressor.unused_data) != 8 or len(plain) != size:
        return None
    return plain if isal_zlib.crc32(plain) == int.from_bytes(content[-8:-4], "little") else None


def _plain_member_start(content: bytes) -> int:
    """Where the deflate stream begins behind a header with at most a name; 0 for all else."""
    if content[:4] == b"\x1f\x8b\x08\x00":
        return 10
    if content[:4] == b"\x1f\x8b\x08\x08":
        return content.find(0, 10, 10 + _GZIP_NAME_BYTES) + 1
    return 0


def plain_frame(feed: Feed, decompressor: Decompressor, *, what: str) -> Iterator[bytes]:
    """One compressed stream; leaves the feed right behind it."""
    start, before = feed.position, feed.plain
    while not decompressor.eof:
        data = feed.chunk() if decompressor.needs_input else b""
        if decompressor.needs_input and not data:
            raise CutOff(_cut(feed, what=what, start=start))
        try:
            piece = decompressor.decompress(data, PIECE_BYTES)
        except (_ISAL_ERROR, zstd.ZstdError, OSError, lzma.LZMAError, ValueError) as error:
            raise DecodeError(
                f"{what} at byte {start:,}: corrupt before byte {feed.position:,}, "
                f"{feed.plain - before:,} plain bytes into it: {error}. The file was damaged on its way; copy it again"
            ) from error
        if piece:
            yield piece
    feed.give_back(decompressor.unused_data)


def raw_deflate() -> Decompressor:
    """A decompressor for deflate without header and trailer."""
    return igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_DEFLATE)


def _cut(feed: Feed, *, what: str, start: int) -> str:
    return (
        f"{what} at byte {start:,}: unexpected EOF: cut off at byte {feed.position:,}, after {feed.plain:,} "
        "plain bytes. Compare its size with the original's and copy it again"
    )


def _gunzip(feed: Feed) -> Iterator[bytes]:
    """Members until the end, as Go's gzip.Reader does with Multistream on."""
    while not feed.at_end():
        start, before, crc = feed.position, feed.plain, 0
        _read_gzip_header(feed, start=start)
        for piece in plain_frame(feed, raw_deflate(), what="gzip member"):
            crc = isal_zlib.crc32(piece, crc)
            yield piece
        _check_gzip_trailer(feed, start=start, crc=crc, size=feed.plain - before)


def _read_gzip_header(feed: Feed, *, start: int) -> None:
    header = _gzip_bytes(feed, 10, start=start)
    if header[:3] != b"\x1f\x8b\x08":
        found = "zero bytes" if not any(header) else f"bytes {header[:3].hex(' ')}"
        raise DecodeError(
            f"gzip: invalid header at byte {start:,}: found {found} where a gzip member (1f 8b 08) should begin, "
            f"after {feed.plain:,} plain bytes. Cut off what follows the last member, or copy the file again"
        )
    flags = header[3]
    if flags & _GZIP_FEXTRA:
        length = _gzip_bytes(feed, 2, start=start)
        header += length + _gzip_bytes(feed, int.from_bytes(length, "little"), start=start)
    for flag in (_GZIP_FNAME, _GZIP_FCOMMENT):
        if flags & flag:
            header += _gzip_text(feed, start=start)
    if flags & _GZIP_FHCRC:
        stored = int.from_bytes(_gzip_bytes(feed, 2, start=start), "little")
        if stored != isal_zlib.crc32(header) & 0xFFFF:
            raise DecodeError(
                f"gzip: invalid header at byte {start:,}: its own checksum does not fit; copy the file again"
            )


def _gzip_bytes(feed: Feed, size: int, *, start: int) -> bytes:
    data = feed.take(size)
    if len(data) < size:
        raise CutOff(_cut(feed, what="gzip member", start=start))
    return data


def _gzip_text(feed: Feed, *, start: int) -> bytes:
    data = feed.take(_GZIP_NAME_BYTES)
    text, zero, rest = data.partition(b"\0")
    if not zero and len(data) < _GZIP_NAME_BYTES:
        raise CutOff(_cut(feed, what="gzip member", start=start))
    if not zero:
        raise DecodeError(
            f"gzip: invalid header at byte {start:,}: a name in it has no end within {_GZIP_NAME_BYTES} bytes, "
            "which Go refuses; compress the file again"
        )
    feed.give_back(rest)
    return text + zero


def _check_gzip_trailer(feed: Feed, *, start: int, crc: int, size: int) -> None:
    at = feed.position
    trailer = _gzip_bytes(feed, 8, start=start)
    stored_crc, stored_size = int.from_bytes(trailer[:4], "little"), int.from_bytes(trailer[4:], "little")
    if stored_crc != crc:
        raise DecodeError(
            f"gzip: invalid checksum at byte {at:,}: {size:,} plain bytes have CRC-32 {crc:08x}, the trailer says "
            f"{stored_crc:08x}. The file was damaged on its way; copy it again"
        )
    if stored_size != size & 0xFFFFFFFF:
        raise DecodeError(
            f"gzip: invalid checksum at byte {at + 4:,}: there are {size:,} plain bytes, the trailer says "
            f"{stored_size:,}. The file was damaged on its way; copy it again"
        )


def _plain_zstd(feed: Feed) -> Iterator[bytes]:
    """Frames, skippable ones among them, until the end (RFC 8878)."""
    options = {int(zstd.DecompressionParameter.window_log_max): _WINDOW_BYTES.bit_length() - 1}
    while not feed.at_end():
        yield from plain_frame(feed, zstd.ZstdDecompressor(options=options), what="zstd frame")


def _plain_bzip2(feed: Feed) -> Iterator[bytes]:
    while not feed.at_end():
        yield from plain_frame(feed, bz2.BZ2Decompressor(), what="bzip2 stream")


def _plain_xz(feed: Feed) -> Iterator[bytes]:
    """Streams with padding of four zero bytes and more between them (xz file format 1.2, section 2.2)."""
    while not feed.at_end():
        if (padding := feed.take(4)) == bytes(4):
            continue
        feed.give_back(padding)
        decompressor = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=2 * _WINDOW_BYTES)
        yield from plain_frame(feed, decompressor, what="xz stream")


def _is_zstd(head: bytes) -> bool:
    return head[:4] == b"\x28\xb5\x2f\xfd" or (head[1:4] == b"\x2a\x4d\x18" and 0x50 <= head[0] <= 0x5F)


def _is_bzip2(head: bytes) -> bool:
    blocks = (b"\x31\x41\x59\x26\x53\x59", b"\x17\x72\x45\x38\x50\x90")
    return head[:3] == b"BZh" and head[3:4] in b"123456789" and head[4:10] in blocks


_GZIP = Codec("gzip", lambda head: head[:2] == b"\x1f\x8b", _gunzip)
_ZSTD = Codec("zstd", _is_zstd, _plain_zstd)
_BZIP2 = Codec("bzip2", _is_bzip2, _plain_bzip2)
_XZ = Codec("xz", lambda head: head[:6] == b"\xfd7zXZ\0", _plain_xz)


def codec_named(name: str) -> Codec:
    """The codec that an archive names for a member."""
    return {codec.name: codec for codec in (_GZIP, _ZSTD, _BZIP2, _XZ)}[name]
