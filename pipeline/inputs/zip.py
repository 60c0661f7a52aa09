"""zip archives, read by their central directory (PKWARE APPNOTE.TXT 6.3.10).

Not the standard library's zipfile: it makes an object of every entry before one can count them, inflates
bzip2 and LZMA without a bound, and before 3.11.8 reads members that overlap (CVE-2024-0450).
"""

from __future__ import annotations

import stat
import struct
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from isal import isal_zlib

from pipeline.errors import DecodeError
from pipeline.inputs.compression import Feed, charged, codec_named, plain_frame, raw_deflate
from pipeline.inputs.limits import Budget
from pipeline.inputs.streams import PIECE_BYTES, Offered, Part, Section, gather

_END = struct.Struct("<4s4H2LH")
_END64_LOCATOR = struct.Struct("<4sLQL")
_END64 = struct.Struct("<4sQ2H2L4Q")
_ENTRY = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_COMMENT_BYTES = 0xFFFF
_UNKNOWN_32 = 0xFFFFFFFF
_ENCRYPTED = 0x0001 | 0x0040 | 0x2000
_UTF8 = 0x0800
_STORED, _DEFLATED = 0, 8
_CODECS = {12: "bzip2", 93: "zstd", 95: "xz"}
_UNREAD = {1: "shrunk", 6: "imploded", 9: "deflate64", 14: "LZMA", 98: "PPMd"}


@dataclass(frozen=True, slots=True)
class ZipMember:
    """One entry of the central directory, as it says itself.

    offset    where its local header stands
    limit     where the next member or the directory begins
    obstacle  why it cannot be read, "" when it can
    """

    name: str
    obstacle: str
    method: int
    crc: int
    packed_size: int
    size: int
    offset: int
    limit: int


@dataclass(frozen=True, slots=True)
class _Directory:
    """Where the central directory lies, and how many entries it says it has."""

    offset: int
    end: int
    count: int


def is_zip(head: bytes) -> bool:
    """Whether a file that begins with these bytes is a zip archive."""
    return head[:4] in (b"PK\x03\x04", b"PK\x05\x06")


def zip_members(offered: Offered, *, budget: Budget) -> Iterator[ZipMember]:
    """The members in the directory's order, folders left out.

    Reads the directory twice in small pieces: once for where members begin, which tells overlapping ones,
    once for all else; so memory is eight bytes a member. Raises DecodeError where the directory is broken,
    and LimitError for too many members.
    """
    directory = _directory(offered)
    offsets = array("Q")
    for member in _entries(offered, directory):
        budget.check_members(len(offsets) + 1)
        offsets.append(member.offset)
    if len(offsets) & 0xFFFF != directory.count & 0xFFFF:
        raise DecodeError(
            f"zip: the directory has {len(offsets):,} members, its end record says {directory.count:,}. "
            "The archive was damaged on its way; copy it again"
        )
    ordered = array("Q", sorted(offsets))
    for member in _entries(offered, directory):
        if not member.name.endswith("/"):
            yield _bounded(member, ordered, limit=directory.offset)


def extract(offered: Offered, member: ZipMember, *, budget: Budget) -> bytes:
    """The bytes of one member; raises DecodeError where they are not what the directory says, and LimitError."""
    if member.obstacle:
        raise DecodeError(member.obstacle)
    section = Section(packed(offered, member))
    content = gather(_checked(_unpacked(section, member, budget=budget), member), budget=budget)
    if isal_zlib.crc32(content) != member.crc:
        raise DecodeError(
            f"zip: {len(content):,} bytes have CRC-32 {isal_zlib.crc32(content):08x}, the directory says "
            f"{member.crc:08x}. The archive was damaged on its way; copy it again"
        )
    return content


def packed(offered: Offered, member: ZipMember) -> Part:
    """The bytes of a member as they lie in the archive; raises DecodeError when they cannot be there."""
    header = offered.read_at(member.offset, _LOCAL.size)
    if len(header) < _LOCAL.size or header[:4] != b"PK\x03\x04":
        raise DecodeError(
            f"zip: no member begins at byte {member.offset:,}, where the directory says so. "
            "The archive was damaged on its way; copy it again"
        )
    name_size, extra_size = _LOCAL.unpack(header)[9:]
    start = member.offset + _LOCAL.size + name_size + extra_size
    if start + member.packed_size > member.limit:
        raise DecodeError(
            f"zip: its {member.packed_size:,} bytes from byte {start:,} on reach over byte {member.limit:,}, where "
            "other parts of the archive begin. Overlapping members are not read: this may be a decompression bomb"
        )
    return Part(offered, start, member.packed_size)


def _directory(offered: Offered) -> _Directory:
    """Find the end record, behind which only a comment may stand, and what it says (4.3.16, 4.3.14)."""
    tail_start = max(0, offered.size - _END.size - _COMMENT_BYTES)
    tail = offered.read_at(tail_start, _END.size + _COMMENT_BYTES)
    place = tail.rfind(b"PK\x05\x06")
    while place >= 0 and not _fits(tail, place):
        place = tail.rfind(b"PK\x05\x06", 0, place)
    if place < 0:
        raise DecodeError(
            f"zip: unexpected EOF: no end record in the last bytes of {offered.size:,}. The archive is cut off; "
            "compare its size with the original's and copy it again"
        )
    disk, first_disk, _, count, size, offset, _ = _END.unpack_from(tail, place)[1:]
    end = tail_start + place
    if 0xFFFF in (disk, count) or _UNKNOWN_32 in (size, offset):
        end, count, size, offset = _directory64(offered, end) or (end, count, size, offset)
    elif disk or first_disk:
        raise DecodeError("zip: the archive is split over several files; join them first")
    if offset + size != end:
        raise DecodeError(
            f"zip: the directory should fill bytes {offset:,} to {offset + size:,}, but the end record stands at byte "
            f"{end:,}. Bytes were lost or added; copy the archive again"
        )
    return _Directory(offset, end, count)


def _fits(tail: bytes, place: int) -> bool:
    return place + _END.size <= len(tail) and place + _END.size + _END.unpack_from(tail, place)[7] == len(tail)


def _directory64(offered: Offered, end: int) -> tuple[int, int, int, int] | None:
    """Where the ZIP64 end record stands and its count, size and offset; None without one (4.3.14, 4.3.15)."""
    locator = offered.read_at(max(0, end - _END64_LOCATOR.size), _END64_LOCATOR.size)
    if len(locator) < _END64_LOCATOR.size or locator[:4] != b"PK\x06\x07":
        return None
    place = _END64_LOCATOR.unpack(locator)[2]
    record = offered.read_at(place, _END64.size) if place < end else b""
    if len(record) < _END64.size or record[:4] != b"PK\x06\x06":
        raise DecodeError(
            f"zip: no ZIP64 end record at byte {place:,}, where its locator says so. "
            "The archive was damaged on its way; copy it again"
        )
    count, size, offset = _END64.unpack(record)[7:]
    return place, count, size, offset


def _entries(offered: Offered, directory: _Directory) -> Iterator[ZipMember]:
    place, window, window_start = directory.offset, b"", directory.offset
    while place < directory.end:
        # An entry is at most 46 + 3 * 65,535 bytes, so one piece always holds a whole one.
        if place + _ENTRY.size + 3 * 0xFFFF > window_start + len(window) < directory.end:
            window, window_start = offered.read_at(place, min(PIECE_BYTES, directory.end - place)), place
        start = place - window_start
        entry = window[start : start + _ENTRY.size]
        if len(entry) < _ENTRY.size or entry[:4] != b"PK\x01\x02":
            raise DecodeError(
                f"zip: no entry of the directory at byte {place:,} where one should begin. "
                "The archive was damaged on its way; copy it again"
            )
        fields = _ENTRY.unpack(entry)
        sizes = fields[10:13]
        rest = window[start + _ENTRY.size : start + _ENTRY.size + sum(sizes)]
        place += _ENTRY.size + sum(sizes)
        yield _entry(fields, name=rest[: sizes[0]], extra=rest[sizes[0] : sizes[0] + sizes[1]])


def _entry(fields: tuple[int, ...], *, name: bytes, extra: bytes) -> ZipMember:
    _, made_by, _, flags, method, _, _, crc, packed_size, size, *_, attributes, offset = fields
    size, packed_size, offset = _sizes64(extra, (size, packed_size, offset))
    mode = attributes >> 16 if made_by >> 8 == 3 else 0
    return ZipMember(
        _name(name, flags=flags), _obstacle(flags, method, mode), method, crc, packed_size, size, offset, limit=0
    )


def _sizes64(extra: bytes, sizes: tuple[int, int, int]) -> tuple[int, int, int]:
    """Sizes and offset with those of the ZIP64 field in place of the unknown ones (4.5.3)."""
    place = 0
    while place + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, place)
        if kind == 1:
            field = extra[place + 4 : place + 4 + length]
            known = iter(struct.unpack_from(f"<{len(field) // 8}Q", field))
            first, second, third = (next(known, size) if size == _UNKNOWN_32 else size for size in sizes)
            return first, second, third
        place += 4 + length
    return sizes


def _name(name: bytes, *, flags: int) -> str:
    """UTF-8, which many writers use without the flag that says so, else the code page of the first PC."""
    try:
        return name.decode("utf-8")
    except UnicodeDecodeError:
        return name.decode("utf-8", "backslashreplace") if flags & _UTF8 else name.decode("cp437")


def _obstacle(flags: int, method: int, mode: int) -> str:
    if flags & _ENCRYPTED:
        return "is encrypted, which is not read; extract the archive and give the folder"
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        return "is a link or a device, not a file; archive what it points to"
    if method not in (_STORED, _DEFLATED, *_CODECS):
        return f"is compressed with {_UNREAD.get(method, f'method {method}')}, which is not read; pack it with deflate"
    return ""


def _bounded(member: ZipMember, ordered: array[int], *, limit: int) -> ZipMember:
    """The member with the place where the next part of the archive begins; its own when it shares that."""
    place = bisect_right(ordered, member.offset)
    if place - bisect_left(ordered, member.offset) > 1:
        limit = member.offset
    elif place < len(ordered):
        limit = min(limit, ordered[place])
    return ZipMember(
        member.name, member.obstacle, member.method, member.crc, member.packed_size, member.size, member.offset, limit
    )


def _unpacked(section: Section, member: ZipMember, *, budget: Budget) -> Iterator[bytes]:
    if member.method == _STORED:
        yield from iter(partial(section.read, PIECE_BYTES), b"")
        return
    feed = Feed(section)
    if member.method == _DEFLATED:
        yield from charged(_inflated, feed, budget=budget)
    else:
        yield from charged(codec_named(_CODECS[member.method]).plain, feed, budget=budget)
    if not feed.at_end():
        raise DecodeError(
            f"zip: the compressed bytes end at byte {feed.position:,} of {member.packed_size:,}. "
            "The archive was damaged on its way; copy it again"
        )


def _inflated(feed: Feed) -> Iterator[bytes]:
    return plain_frame(feed, raw_deflate(), what="deflate stream")


def _checked(pieces: Iterator[bytes], member: ZipMember) -> Iterator[bytes]:
    """The pieces; raises DecodeError as soon as there are more bytes than the directory says, or fewer in the end."""
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > member.size:
            break
        yield piece
    if size != member.size:
        raise DecodeError(
            f"zip: {'at least ' if size > member.size else ''}{size:,} bytes come out, the directory says "
            f"{member.size:,}. The archive was damaged on its way or lies; copy it again"
        )
