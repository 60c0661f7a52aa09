"""Bytes that are read forwards, in pieces no larger than was asked for."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from pipeline.errors import CutOff
from pipeline.inputs.limits import Budget

PIECE_BYTES = 1 << 18


class Stream(Protocol):
    """Anything to read forwards from; b"" is its end."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes."""


class Offered(Protocol):
    """The bytes of one file or member as they were offered."""

    @property
    def size(self) -> int:
        """How many there are."""

    def read_at(self, offset: int, size: int) -> bytes:
        """Those from `offset` on, fewer than `size` only at the end."""


@dataclass(frozen=True, slots=True)
class Held:
    """Offered bytes that are in memory."""

    content: bytes

    @property
    def size(self) -> int:
        """How many there are."""
        return len(self.content)

    def read_at(self, offset: int, size: int) -> bytes:
        """Those from `offset` on, fewer than `size` only at the end."""
        return self.content[offset : offset + size]


@dataclass(frozen=True, slots=True)
class OnDisk:
    """Offered bytes of an open file; never mapped, as a file cut short meanwhile would kill the process."""

    descriptor: int
    size: int

    def read_at(self, offset: int, size: int) -> bytes:
        """Those from `offset` on, fewer than `size` only at the end."""
        return os.pread(self.descriptor, max(0, min(size, self.size - offset)), offset)


@dataclass(frozen=True, slots=True)
class Part:
    """The `size` bytes from `offset` on of what was offered, as something offered."""

    offered: Offered
    offset: int
    size: int

    def read_at(self, offset: int, size: int) -> bytes:
        """Those from `offset` on, fewer than `size` only at the end."""
        return self.offered.read_at(self.offset + offset, max(0, min(size, self.size - offset)))


class Section:
    """The bytes from `offset` to `end` of what was offered, as a Stream."""

    def __init__(self, offered: Offered, *, offset: int = 0, end: int | None = None) -> None:
        self._offered = offered
        self._offset = offset
        self._end = offered.size if end is None else end

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes."""
        piece = self._offered.read_at(self._offset, min(size, self._end - self._offset))
        self._offset += len(piece)
        return piece


class Pieces:
    """An iterator of byte strings as a Stream."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._piece = memoryview(b"")

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes."""
        if not self._piece:
            self._piece = memoryview(next(self._pieces, b""))
        taken = self._piece[:size]
        self._piece = self._piece[size:]
        return bytes(taken)

    def peek(self, size: int) -> bytes:
        """The next `size` bytes, fewer only at the end or where they break off; they stay to be read."""
        waiting = bytearray(self._piece)
        try:
            while len(waiting) < size and (piece := next(self._pieces, b"")):
                waiting += piece
        except CutOff as error:
            # Whoever reads so far is told.
            self._pieces = _broken_off(error)
        self._piece = memoryview(bytes(waiting))
        return bytes(self._piece[:size])


def _broken_off(error: CutOff) -> Iterator[bytes]:
    raise error
    yield b""


def read_exactly(stream: Stream, size: int) -> bytes:
    """`size` bytes, fewer only at the stream's end; memory grows with what arrives, not with `size`."""
    first = stream.read(min(size, PIECE_BYTES))
    if len(first) == size or not first:
        return first
    gathered = io.BytesIO()
    gathered.write(first)
    while piece := stream.read(min(size - gathered.tell(), PIECE_BYTES)):
        gathered.write(piece)
    return gathered.getvalue()


def whole(offered: Offered) -> bytes:
    """All bytes of what was offered, which are known to fit; in one go, for to grow takes as long as to read."""
    content = offered.read_at(0, offered.size)
    while piece := offered.read_at(len(content), offered.size - len(content)):
        content += piece
    return content


def gather(pieces: Iterator[bytes], *, budget: Budget) -> bytes:
    """All pieces in one, as long as one source may have so many bytes; raises LimitReached."""
    # BytesIO hands its buffer out without a copy, which b"".join would need the memory twice for.
    gathered = io.BytesIO()
    for piece in pieces:
        gathered.write(piece)
        budget.check_plain(gathered.tell())
    return gathered.getvalue()
