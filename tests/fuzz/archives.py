"""zip and tar archives whose headers say what they like: sizes that lie, members that overlap, names that lead out."""

from __future__ import annotations

import io
import struct
import tarfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from random import Random
from typing import Final

from tests.fuzz.mutate import number

NAMES: Final = (
    b"a.pb", b"service=a/build=1/heap.pb", b"../../up.pb", b"/abs.pb", b"C:\\x.pb", b"nul\0byte.pb", b"", b"/", b"dir/", b".hidden",
    b"a/.b/c", b"labels.json", b"x" * 300, b"\xff\xfe.pb", "größe".encode(), b"\x1b[31mred", b"a!b!c", b"a\nb", b"=", b"k=", b"=v",
)  # fmt: skip
_ZEROS: Final = 9 << 20


@cache
def bomb() -> bytes:
    """Zeros, deflated; more of them than any ratio allows."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(bytes(_ZEROS)) + packer.flush()


# zip -----------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ZipEntry:
    """A member as it stands in a file: what the directory says of it, and what its own header says."""

    name: bytes
    packed: bytes
    method: int
    crc: int
    size: int
    packed_size: int
    flags: int = 0
    extra: bytes = b""
    offset: int | None = None
    made_by: int = 20
    attributes: int = 0
    local_name: bytes | None = None


def zip_entry(name: bytes, content: bytes, *, deflated: bool) -> ZipEntry:
    """A sound member."""
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    packed = packer.compress(content) + packer.flush() if deflated else content
    return ZipEntry(name, packed, 8 if deflated else 0, zlib.crc32(content), len(content), len(packed))


def zip_bytes(
    entries: Sequence[ZipEntry], *, end: dict[str, int] | None = None, comment: bytes = b"", before: bytes = b""
) -> bytes:
    """An archive of the members; `end` is what its last record says in place of what is so."""
    out, directory = bytearray(before), bytearray()
    for entry in entries:
        offset = len(out) if entry.offset is None else entry.offset
        name = entry.name if entry.local_name is None else entry.local_name
        sizes = tuple(value & 0xFFFFFFFF for value in (entry.crc, entry.packed_size, entry.size))
        out += struct.pack("<4s5H3L2H", b"PK\3\4", 20, entry.flags, entry.method, 0, 33, *sizes, len(name) & 0xFFFF, 0)
        out += name + entry.packed
        directory += struct.pack(
            "<4s6H3L5H2L", b"PK\1\2", entry.made_by, 20, entry.flags, entry.method, 0, 33, *sizes, len(entry.name) & 0xFFFF,
            len(entry.extra) & 0xFFFF, 0, 0, 0, entry.attributes, offset & 0xFFFFFFFF,
        ) + entry.name + entry.extra  # fmt: skip
    said = {"count": len(entries), "size": len(directory), "offset": len(out)} | (end or {})
    out += directory
    if end and "zip64" in end:
        out += struct.pack(
            "<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, said["count"], said["count"], said["size"], said["offset"]
        )
        out += struct.pack("<4sLQL", b"PK\6\7", 0, end["zip64"] or len(out) - 56, 1)
        said = {"count": 0xFFFF, "size": 0xFFFFFFFF, "offset": 0xFFFFFFFF}
    count = said["count"] & 0xFFFF
    sizes = said["size"] & 0xFFFFFFFF, said["offset"] & 0xFFFFFFFF
    return bytes(out + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, *sizes, len(comment)) + comment)


def mutated_zip(contents: Sequence[bytes], draw: Random) -> bytes:
    """An archive of some of the contents, with a few lies in it."""
    entries = [
        zip_entry(draw.choice(NAMES[:3]) + b"%d" % place, draw.choice(contents), deflated=draw.random() < 0.6)
        for place in range(draw.choice((1, 1, 2, 3, 8)))
    ]
    for _ in range(draw.choice((0, 1, 1, 2, 3))):
        place = draw.randrange(len(entries))
        entries[place] = _lying(entries[place], draw)
    if draw.random() < 0.05:
        entries *= draw.choice((2, 300))
    end = {draw.choice(("count", "size", "offset")): number(draw)} if draw.random() < 0.15 else {}
    if draw.random() < 0.1:
        end["zip64"] = draw.choice((0, 0, number(draw)))
    if draw.random() < 0.1:
        entries.append(zip_entry(b"inner.zip", zip_bytes(entries), deflated=True))
    comment, before = (
        draw.choice((b"", b"", b"PK\5\6" + bytes(18))),
        draw.choice((b"", b"", b"", b"#!/bin/sh\n", b"PK\3\4")),
    )
    return zip_bytes(entries, end=end, comment=comment, before=before)


def _lying(entry: ZipEntry, draw: Random) -> ZipEntry:
    kind = draw.randrange(11)
    if kind == 0:
        return replace(entry, size=number(draw, near=entry.size))
    if kind == 1:
        return replace(entry, packed_size=number(draw, near=entry.packed_size))
    if kind == 2:
        return replace(entry, crc=number(draw))
    if kind == 3:
        return replace(entry, method=draw.choice((1, 6, 8, 9, 12, 14, 93, 95, 98, 99, 65_535)))
    if kind == 4:
        return replace(entry, flags=draw.choice((1, 8, 0x40, 0x800, 0x2000, 0xFFFF)))
    if kind == 5:
        return replace(entry, offset=draw.choice((0, 1, number(draw))))
    if kind == 6:
        return replace(entry, name=draw.choice(NAMES), local_name=draw.choice((None, b"other", draw.choice(NAMES))))
    if kind == 7:
        numbers = [number(draw) for _ in range(draw.randrange(4))]
        field = struct.pack(f"<2H{len(numbers)}Q", 1, draw.choice((8 * len(numbers), 0xFFFF)), *numbers)
        return replace(entry, extra=field, size=0xFFFFFFFF, packed_size=draw.choice((entry.packed_size, 0xFFFFFFFF)))
    if kind == 8:
        return replace(entry, made_by=3 << 8, attributes=draw.choice((0o120777, 0o060000, 0o010000, 0o040755)) << 16)
    if kind == 9:
        return replace(entry, packed=bomb(), method=8, crc=0, size=_ZEROS, packed_size=len(bomb()))
    return replace(entry, packed=entry.packed[: len(entry.packed) // 2])


# tar -----------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TarEntry:
    """A member as its header says it; `said` is what that says in place of the size."""

    name: bytes
    content: bytes
    kind: bytes = b"0"
    said: bytes | None = None
    link: bytes = b""
    prefix: bytes = b""
    magic: bytes = b"ustar\x0000"
    checksum: bytes | None = None
    tail: bytes = b""


def tar_bytes(entries: Sequence[TarEntry], *, end: bytes = bytes(1024)) -> bytes:
    """An archive of the members."""
    return b"".join(map(_tar_member, entries)) + end


def pax(kind: bytes, *records: tuple[bytes, bytes]) -> TarEntry:
    """A header that says something of the next member, or of all."""
    return TarEntry(b"pax", b"".join(_record(key, value) for key, value in records), kind)


def mutated_tar(contents: Sequence[bytes], draw: Random) -> bytes:
    """An archive of some of the contents, with a few lies in it."""
    entries = [TarEntry(b"m%d.pb" % place, draw.choice(contents)) for place in range(draw.choice((1, 1, 2, 3, 8)))]
    for _ in range(draw.choice((0, 1, 1, 2, 3))):
        place = draw.randrange(len(entries))
        if draw.random() < 0.4:
            entries.insert(place, _extension(draw))
        else:
            entries[place] = _lying_tar(entries[place], draw)
    if draw.random() < 0.05:
        entries *= draw.choice((2, 300))
    if draw.random() < 0.1:
        entries.append(TarEntry(b"inner.tar", tar_bytes(entries)))
    end = draw.choice((bytes(1024), bytes(1024), bytes(1024), bytes(512), b"", bytes(1024) + b"more", bytes(100)))
    return tar_bytes(entries, end=end)


def _extension(draw: Random) -> TarEntry:
    kind = draw.choice((b"x", b"x", b"g", b"L", b"K"))
    if kind in (b"L", b"K"):
        return TarEntry(b"././@LongLink", draw.choice(NAMES) * draw.choice((1, 1, 100)), kind)
    key = draw.choice(
        (b"size", b"size", b"path", b"linkpath", b"GNU.sparse.major", b"GNU.sparse.size", b"\xff", b"mtime")
    )
    value = draw.choice((b"%d" % number(draw), b"-1", b"1e9", b"9" * 5_000, *NAMES))
    whole = pax(kind, (key, value))
    broken = draw.choice(
        (whole.content, whole.content, whole.content[:-1], b"9999999999999999999 a=b\n", b" =\n", b"0 \n")
    )
    return replace(whole, content=broken)


def _lying_tar(entry: TarEntry, draw: Random) -> TarEntry:
    kind = draw.randrange(9)
    if kind == 0:
        return replace(entry, said=b"\x80" + number(draw, near=len(entry.content)).to_bytes(11, "big"))
    if kind == 1:
        return replace(
            entry,
            said=draw.choice((b"%011o\0" % (number(draw) % 2**33), b"-1", b"+7", b"0x10", b"1_0", b" ", b"\xff" * 12)),
        )
    if kind == 2:
        return replace(
            entry, kind=draw.choice((b"1", b"2", b"3", b"4", b"5", b"6", b"7", b"D", b"V", b"S", b"M", b"\0", b"Z"))
        )
    if kind == 3:
        return replace(entry, name=draw.choice(NAMES)[:100], prefix=draw.choice((b"", b"p", b"../..")))
    if kind == 4:
        return replace(entry, link=draw.choice(NAMES)[:100], kind=draw.choice((b"1", b"2")))
    if kind == 5:
        return replace(entry, magic=draw.choice((b"ustar  \0", bytes(8), b"ustar\0\xff\xff")))
    if kind == 6:
        return replace(entry, checksum=draw.choice((b"0000000\0", b"        ", b"\xff" * 8, b"999999\0 ")))
    if kind == 7:
        # Old GNU sparse: its map of holes goes on in further blocks, which may claim that more follow for ever.
        return replace(entry, kind=b"S", tail=bytes(125) + b"\x01" + bytes(11))
    return replace(
        entry, content=entry.content[: draw.randrange(len(entry.content) + 1)], said=b"%011o\0" % len(entry.content)
    )


def _tar_member(entry: TarEntry) -> bytes:
    said = b"%011o\0" % len(entry.content) if entry.said is None else entry.said
    block = bytearray(
        entry.name[:100].ljust(100, b"\0") + b"0000644\0" + b"0000000\0" * 2 + said[:12].ljust(12, b"\0") + b"00000000000\0"
        + b" " * 8 + entry.kind[:1] + entry.link[:100].ljust(100, b"\0") + entry.magic[:8].ljust(8, b"\0") + bytes(80)
        + entry.prefix[:155].ljust(155, b"\0")
    )  # fmt: skip
    block += entry.tail[: 512 - len(block)]
    block = block.ljust(512, b"\0")
    block[148:156] = b"%06o\0 " % sum(block) if entry.checksum is None else entry.checksum
    return bytes(block) + entry.content + bytes(-len(entry.content) % 512)


def _record(key: bytes, value: bytes) -> bytes:
    body = b" " + key + b"=" + value + b"\n"
    length = len(body) + 1
    while len(b"%d" % length) + len(body) != length:
        length += 1
    return b"%d" % length + body


def packed_together(contents: Sequence[bytes]) -> bytes:
    """A sound tar of files, which is the same whenever it is made."""
    return tar_bytes([TarEntry(b"%03d" % place, content) for place, content in enumerate(contents)])


def taken_out(archive: bytes) -> list[bytes]:
    """The files of such a tar."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        return [file.read() for entry in opened if (file := opened.extractfile(entry))]
