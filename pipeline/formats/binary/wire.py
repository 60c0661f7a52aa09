"""What an executable is, whatever its format: bytes at addresses, in segments and named sections."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from pipeline.errors import DecodeError
from pipeline.values import Blob, Bytes, Int64s, UInt64s

# More is in no program's headers, and each costs an object.
MOST_HEADERS: Final = 4_096
_PIECE_BYTES: Final = 1 << 20
_MOST_PLACES: Final = 64
_MOST_ADDRESS: Final = 1 << 62


class File(Protocol):
    """The bytes of an executable."""

    @property
    def size_bytes(self) -> int:
        """How many there are."""

    def read(self, offset: int, size: int, *, what: str) -> Bytes:
        """The `size` bytes from `offset` on; raises DecodeError where they are not in the file."""


@dataclass(frozen=True, slots=True)
class Held:
    """An executable that is in memory."""

    content: bytes

    @property
    def size_bytes(self) -> int:
        """How many bytes it has."""
        return len(self.content)

    def read(self, offset: int, size: int, *, what: str) -> Bytes:
        """A view of those bytes."""
        _check_range(self.size_bytes, offset, size, what=what)
        return np.frombuffer(self.content, np.uint8, size, offset) if size else np.zeros(0, np.uint8)


@dataclass(slots=True)
class Reread:
    """An executable that is too large to be held: it is read forwards, and from its beginning for what lies before.

    It has a state, the place it is at, which a frozen value could not have.
    """

    size_bytes: int
    most_held_bytes: int
    open: Callable[[], Callable[[int], bytes]]
    _read: Callable[[int], bytes] = lambda size: b""
    _at: int = -1

    def read(self, offset: int, size: int, *, what: str) -> Bytes:
        """A copy of those bytes."""
        _check_range(self.size_bytes, offset, size, what=what)
        if size > self.most_held_bytes:
            raise DecodeError(
                f"{what} has {size:,} bytes, more than the {self.most_held_bytes:,} that fit into --memory; give more of it"
            )
        if not 0 <= self._at <= offset:
            self._read, self._at = self.open(), 0
        for _ in self._pieces(offset - self._at):
            pass
        found = np.empty(size, np.uint8)
        filled = 0
        for piece in self._pieces(size):
            found[filled : filled + len(piece)] = np.frombuffer(piece, np.uint8)
            filled += len(piece)
        if filled < size:
            raise DecodeError(f"{what} ends after {filled:,} of {size:,} bytes; the file was changed meanwhile")
        return found

    def finish(self) -> None:
        """Read to the end, where bytes that have changed meanwhile are noticed."""
        for _ in self._pieces(self.size_bytes + 1):
            pass

    def _pieces(self, size: int) -> Iterator[bytes]:
        while size and (piece := self._read(min(size, _PIECE_BYTES))):
            self._at += len(piece)
            size -= len(piece)
            yield piece


def file_of(blob: Blob) -> Held | Reread:
    """The bytes of a blob, wherever they are."""
    if blob.large is None:
        return Held(blob.content)
    return Reread(blob.large.size_bytes, blob.large.most_held_bytes, blob.large.open)


def _check_range(total: int, offset: int, size: int, *, what: str) -> None:
    if offset < 0 or size < 0 or offset + size > total:
        raise DecodeError(
            f"{what} should be {size:,} bytes at {offset:,}, but the file ends at {total:,}; it is cut off or damaged"
        )


@dataclass(frozen=True, slots=True)
class Segment:
    """Memory that is filled from the file when the program is loaded: as many bytes as the file has for it."""

    address: int
    offset: int
    size_bytes: int
    is_executable: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the program that has a name."""

    address: int
    offset: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Relocations:
    """Pointers that the loader fills in: where each is, in rising order, and what it is, both before any moving."""

    address: UInt64s
    value: UInt64s


@dataclass(frozen=True, slots=True)
class Image:
    """An executable taken apart.

    kind           elf, macho or pe
    architecture   as GOARCH has it
    base_address   the memory address, before any moving, of what a profile's mapping counts from
    build_id       hexadecimal; "" without one
    go_build_id    as `go tool buildid` prints it; "" without one
    pointer_bits   how many of a pointer's low bits are its value in the file; the others say how to move it
    """

    file: File
    kind: str
    architecture: str
    segments: tuple[Segment, ...]
    sections: Mapping[str, Section]
    base_address: int
    is_stripped: bool
    build_id: str = ""
    go_build_id: str = ""
    relocations: Relocations | None = None
    pointer_bits: int = 64

    def __post_init__(self) -> None:
        """Addresses are counted with in 64 bits, and no program's lie in the upper half, which is the kernel's.

        Segments that lie over each other could be any number of times the file to search.
        """
        total = 0
        for segment in self.segments:
            _check_range(self.file.size_bytes, segment.offset, segment.size_bytes, what="a segment")
            total += segment.size_bytes
            if total > 2 * self.file.size_bytes:
                raise DecodeError("its segments lie over each other, which no linker does; the file is damaged")
            if segment.address + segment.size_bytes > _MOST_ADDRESS or abs(self.base_address) > _MOST_ADDRESS:
                raise DecodeError(
                    f"has a segment at {segment.address:#x}, where no program can be; the file is damaged"
                )

    def segment_at(self, address: int, size: int = 1) -> Segment | None:
        """The segment that has these bytes."""
        for segment in self.segments:
            if segment.address <= address and address + size <= segment.address + segment.size_bytes:
                return segment
        return None

    def read(self, address: int, size: int, *, what: str) -> Bytes:
        """The bytes at an address; raises DecodeError where the program has none."""
        segment = self.segment_at(address, size)
        if segment is None or size < 0:
            raise DecodeError(f"{what}: no segment has {size:,} bytes at {address:#x}; the file is damaged")
        return self.file.read(segment.offset + address - segment.address, size, what=what)

    def rest(self, address: int, *, what: str) -> Bytes:
        """All bytes from an address to the end of its segment."""
        segment = self.segment_at(address)
        if segment is None:
            raise DecodeError(f"{what}: no segment has anything at {address:#x}; the file is damaged")
        return self.read(address, segment.address + segment.size_bytes - address, what=what)

    def places_of(self, pattern: bytes) -> Iterator[tuple[Segment, int]]:
        """Where these bytes are in a segment, for what has no section of its own; code comes last, and not too many."""
        left = _MOST_PLACES
        for segment in sorted(self.segments, key=lambda one: one.is_executable):
            data = self.file.read(segment.offset, segment.size_bytes, what="a segment").tobytes()
            at = data.find(pattern)
            while at >= 0 and left:
                yield segment, at
                left -= 1
                at = data.find(pattern, at + 1)

    def pointers(self, address: int, count: int, *, what: str) -> list[int]:
        """Consecutive pointers at an address, as they are before any moving."""
        data = self.read(address, 8 * count, what=what).view("<u8")
        found = [int(word) & ((1 << self.pointer_bits) - 1) for word in data]
        if self.pointer_bits < 64:
            found = [word + self.base_address if 0 < word < self.base_address else word for word in found]
        if self.relocations is not None:
            wanted = np.uint64(address) + np.arange(count, dtype=np.uint64) * np.uint64(8)
            place = np.searchsorted(self.relocations.address, wanted)
            for index, at in enumerate(place.tolist()):
                if at < len(self.relocations.address) and self.relocations.address[at] == wanted[index]:
                    found[index] = int(self.relocations.value[at])
        return found


def is_inside(places: Int64s, *, size: int, limit: int) -> bool:
    """Whether `size` bytes at each place lie below `limit`."""
    return not len(places) or (int(places.min()) >= 0 and int(places.max()) + size <= limit)


def words_at(data: Bytes, places: Int64s) -> Int64s:
    """The 32-bit words at any places, which have been checked to lie inside the data, without their sign."""
    found = np.zeros(len(places), np.int64)
    for byte in range(4):
        found |= data[places + byte].astype(np.int64) << (8 * byte)
    return found


def text_at(data: Bytes | bytes) -> str:
    """The text up to the first NUL, for names in headers."""
    return bytes(data).partition(b"\0")[0].decode("utf-8", "replace")
