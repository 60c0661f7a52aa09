"""tar archives, read forwards (POSIX.1-2017 pax, "ustar Interchange Format"; GNU tar's long names).

Not the standard library's tarfile: it loops for ever on an offset below zero (CVE-2025-8194), reads an
extension header of any promised size into memory, and wants to seek.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pipeline.errors import DecodeError
from pipeline.inputs.limits import Budget
from pipeline.inputs.streams import PIECE_BYTES, Stream, read_exactly

BLOCK_BYTES = 512
# As in Go's archive/tar: headers that describe the next member are small.
_EXTENSION_BYTES = 1 << 20
_EXTENSIONS_IN_A_ROW = 16
_FILES = (b"0", b"\0", b"7")
# Folders, GNU's list of a folder's names, GNU's label of a volume.
_FOLDERS = (b"5", b"D", b"V")
_WITHOUT_CONTENT = {
    b"1": "a link to another member",
    b"2": "a symbolic link",
    b"3": "a character device",
    b"4": "a block device",
    b"6": "a FIFO",
}


@dataclass(frozen=True, slots=True)
class TarMember:
    """One member; its content has to be read before the next one is asked for.

    obstacle  why it cannot be read, "" for a file
    """

    name: str
    size: int
    obstacle: str
    content: Stream


@dataclass(frozen=True, slots=True)
class _Header:
    name: str
    size: int
    kind: bytes
    link: str
    offset: int


@dataclass(slots=True)
class _Counted:
    """A stream that knows where it is."""

    stream: Stream
    position: int = 0

    def read(self, size: int, /) -> bytes:
        piece = self.stream.read(size)
        self.position += len(piece)
        return piece


@dataclass(slots=True)
class _Content:
    """The content of one member."""

    stream: _Counted
    name: str
    left: int

    def read(self, size: int, /) -> bytes:
        piece = self.stream.read(min(size, self.left))
        if self.left and not piece:
            raise DecodeError(
                f"tar: cut off at byte {self.stream.position:,}: {self.left:,} bytes of {self.name} are missing. "
                "Compare its size with the original's and copy it again"
            )
        self.left -= len(piece)
        return piece

    def finish(self) -> None:
        """Read past what is left, to the next header."""
        self.left += -self.stream.position - self.left & BLOCK_BYTES - 1
        while self.read(PIECE_BYTES):
            pass


@dataclass(slots=True)
class _Extensions:
    """What extension headers said about the next member, and global ones about all that follow."""

    always: dict[str, str] = field(default_factory=dict)
    next: dict[str, str] = field(default_factory=dict)
    in_a_row: int = 0


def is_tar(head: bytes) -> bool:
    """Whether the first 512 bytes are a tar header: its checksum fits."""
    return len(head) >= BLOCK_BYTES and head[0] != 0 and _checksum_fits(head[:BLOCK_BYTES])


def tar_members(stream: Stream, *, budget: Budget) -> Iterator[TarMember]:
    """The members in order, folders left out; archives one after the other are read as one.

    Raises DecodeError with the place where the archive is broken, and LimitError for too many members.
    """
    counted = _Counted(stream)
    extensions = _Extensions()
    count = 0
    while block := _next_header(counted):
        header = _header(block, offset=counted.position - BLOCK_BYTES)
        if _extend(extensions, header, counted):
            continue
        count += 1
        budget.check_members(count)
        told, extensions.next, extensions.in_a_row = extensions.always | extensions.next, {}, 0
        if header.kind == b"S":
            _skip_sparse_map(block, counted)
        name = told.get("path", header.name)
        content = _Content(counted, name, _content_size(header, told))
        if header.kind not in _FOLDERS and not (header.kind in _FILES and name.endswith("/")):
            yield TarMember(name, content.left, _obstacle(header, told), content)
        content.finish()


def _next_header(stream: _Counted) -> bytes:
    """The next block that is not zero, b"" at the end, which has to be marked by a zero block."""
    marked = False
    while block := read_exactly(stream, BLOCK_BYTES):
        if any(block):
            if len(block) == BLOCK_BYTES:
                return block
            break
        marked = True
    if block or not marked:
        raise DecodeError(
            f"tar: cut off at byte {stream.position:,}: its end mark, a block of zeros, is missing, and members may "
            "be. Compare its size with the original's and copy it again"
        )
    return b""


def _header(block: bytes, *, offset: int) -> _Header:
    if not _checksum_fits(block):
        raise DecodeError(
            f"tar: no header at byte {offset:,} where one should begin: its checksum does not fit. "
            "The archive was damaged on its way, or something else was appended; copy it again"
        )
    name, prefix = _text(block[:100]), _text(block[345:500])
    if block[257:263] == b"ustar\0" and prefix:
        name = f"{prefix}/{name}"
    size = _number(block[124:136], offset=offset)
    return _Header(name, size, block[156:157], _text(block[157:257]), offset)


def _checksum_fits(block: bytes) -> bool:
    stored = block[148:156].strip(b" \0")
    # This is asked of every file that is read, and nearly always answered here.
    if not stored.isdigit() or b"8" in stored or b"9" in stored:
        return False
    return int(stored, 8) == sum(block[:148]) + sum(block[156:]) + 8 * ord(" ")


def _number(field_bytes: bytes, *, offset: int) -> int:
    """Octal digits, or GNU's base 256 when the first bit is set."""
    if field_bytes[0] == 0x80:
        return int.from_bytes(field_bytes[1:], "big")
    try:
        number = int(field_bytes.strip(b" \0") or b"0", 8)
    except ValueError:
        number = -1
    if number < 0:
        raise DecodeError(
            f"tar: the header at byte {offset:,} has {field_bytes!r} for a size; octal digits were expected. "
            "The archive was damaged on its way; copy it again"
        )
    return number


def _text(field_bytes: bytes) -> str:
    return field_bytes.partition(b"\0")[0].decode("utf-8", "backslashreplace")


def _extend(extensions: _Extensions, header: _Header, stream: _Counted) -> bool:
    """Take in a header that only describes others; False for a real one."""
    if header.kind not in (b"x", b"g", b"L", b"K"):
        return False
    extensions.in_a_row += 1
    if header.size > _EXTENSION_BYTES or extensions.in_a_row > _EXTENSIONS_IN_A_ROW:
        raise DecodeError(
            f"tar: the header at byte {header.offset:,} announces {header.size:,} bytes about the next member, "
            f"number {extensions.in_a_row} in a row; at most {_EXTENSION_BYTES:,} and {_EXTENSIONS_IN_A_ROW} are read"
        )
    content = _Content(stream, "an extension header", header.size)
    body = read_exactly(content, header.size)
    content.finish()
    if header.kind in (b"L", b"K"):
        extensions.next["path" if header.kind == b"L" else "linkpath"] = _text(body)
    else:
        records = _pax_records(body, offset=header.offset)
        (extensions.always if header.kind == b"g" else extensions.next).update(records)
    return True


def _pax_records(body: bytes, *, offset: int) -> dict[str, str]:
    """`length key=value\\n` records; the length counts itself."""
    records: dict[str, str] = {}
    place = 0
    while place < len(body):
        space = body.find(b" ", place, place + 20)
        digits = body[place:space] if space > 0 else b""
        end = place + int(digits) if digits.isdigit() else 0
        if not place < end <= len(body) or body[end - 1 : end] != b"\n" or end <= space:
            raise DecodeError(
                f"tar: the pax header at byte {offset:,} has no `length key=value` record at its byte {place:,}. "
                "The archive was damaged on its way; copy it again"
            )
        key, _, value = body[space + 1 : end - 1].partition(b"=")
        records[key.decode("utf-8", "backslashreplace")] = value.decode("utf-8", "backslashreplace")
        place = end
    return records


def _content_size(header: _Header, told: Mapping[str, str]) -> int:
    if header.kind in (b"5", b"V") or header.kind in _WITHOUT_CONTENT:
        return 0
    size = told.get("size", "")
    if not size:
        return header.size
    if not (size.isascii() and size.isdigit() and len(size) < 20):
        raise DecodeError(
            f"tar: the pax header before byte {header.offset:,} has the size {size[:40]!r}; digits were expected. "
            "The archive was damaged on its way; copy it again"
        )
    return int(size)


def _obstacle(header: _Header, told: Mapping[str, str]) -> str:
    """Why a member cannot be read as a file, "" when it can."""
    target = told.get("linkpath", header.link)
    if header.kind == b"1":
        return f"is a link to the member {target}, not a file; that member is read instead"
    if header.kind == b"2":
        return f"is a symbolic link to {target}, not a file; archive what it points to"
    if header.kind in _WITHOUT_CONTENT:
        return f"is {_WITHOUT_CONTENT[header.kind]}, not a file"
    if header.kind == b"S" or any(key.startswith("GNU.sparse.") for key in told):
        return "is stored with its holes left out (GNU sparse), which is not read; archive it without --sparse"
    if header.kind not in _FILES:
        return f"is of the unknown tar type {header.kind!r}; archive it as a plain file"
    return ""


def _skip_sparse_map(block: bytes, stream: _Counted) -> None:
    """Read past the blocks behind an old GNU sparse header that continue its map of holes."""
    more = block[482]
    while more:
        block = read_exactly(stream, BLOCK_BYTES)
        more = block[504] if len(block) == BLOCK_BYTES else 0
