"""What of a log that is not held may be of goroutine dumps: its lines with their headers, and so many behind each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from pipeline.errors import CutOff
from pipeline.formats.goroutines.bare import HEADER
from pipeline.kernels.text.fragments import holds_fragment
from pipeline.values import Blob

_START: Final = b"goroutine "
_FRAGMENT: Final = np.array([[*_START[:4], 0xFF]], np.uint8)
# The runtime prints no more than a hundred frames, two lines each, and others' lines may stand between.
_LINES: Final = 256
# So much of one log is kept, as much as is read of one that is held.
_MOST_BYTES: Final = 64 << 20
# Of a longer line, what was read at a time is looked at as if it were a line.
_LINE_BYTES: Final = 1 << 20


@dataclass(slots=True)
class Gathered:
    """What was kept so far; `first_left_out` is a header for which there was no more room."""

    kept: list[bytes] = field(default_factory=list)
    size: int = 0
    first_left_out: bytes = b""
    left_out: int = 0
    _begun: bytes = b""
    _wanted: int = 0

    @property
    def text(self) -> bytes:
        """All of it."""
        return b"".join(self.kept)

    def take(self, piece: bytes) -> None:
        """Look at the next bytes of the log; none are its end."""
        end = piece.rfind(b"\n") + 1
        if piece and not end and len(self._begun) < _LINE_BYTES:
            self._begun += piece
            return
        # To put all of it together takes longer than to see that it is not needed.
        first = piece.find(b"\n") + 1 if end else len(piece)
        line = self._begun + piece[:first]
        self._begun = piece[end:] if end else b""
        if self._wanted or _START in line or holds_fragment(np.frombuffer(piece, np.uint8), _FRAGMENT):
            lines = line + piece[first:end]
            if self._wanted or _START in lines:
                self._look(lines)

    def _look(self, lines: bytes) -> None:
        headers = [found.start() for found in HEADER.finditer(lines)] if _START in lines else []
        ends = np.flatnonzero(np.frombuffer(lines, np.uint8) == 10) + 1
        if not len(ends) or ends[-1] < len(lines):
            ends = np.append(ends, len(lines))
        # Where lines begin to be wanted less where they cease to be: of what overlaps all.
        change = np.zeros(len(ends) + 1, np.int64)
        first = np.searchsorted(ends, headers, side="right")
        np.add.at(change, first, 1)
        np.add.at(change, np.minimum(first + _LINES, len(ends)), -1)
        is_kept = np.cumsum(change[:-1]) > 0
        is_kept[: self._wanted] = True
        last = int(first[-1]) + _LINES if len(first) else self._wanted
        self._wanted = max(last, self._wanted) - len(ends) if max(last, self._wanted) > len(ends) else 0
        edges = np.flatnonzero(np.diff(is_kept, prepend=False, append=False))
        for begin, stop in edges.reshape(-1, 2).tolist():
            self._keep(lines[ends[begin - 1] if begin else 0 : ends[stop - 1]])

    def _keep(self, lines: bytes) -> None:
        if self.size + len(lines) <= _MOST_BYTES:
            self.kept.append(lines)
            self.size += len(lines)
        elif headers := HEADER.findall(lines):
            self.first_left_out = self.first_left_out or headers[0]
            self.left_out += len(headers)


def watched(blob: Blob) -> tuple[Blob, Gathered]:
    """The same large blob, of which whoever reads it to its end has also gathered what may be of dumps."""
    gathered = Gathered()
    large = blob.large
    assert large is not None

    def opened() -> Callable[[int], bytes]:
        read = large.open()

        def next_bytes(size: int) -> bytes:
            try:
                piece = read(size)
            except CutOff:
                gathered.take(b"")
                raise
            gathered.take(piece)
            return piece

        return next_bytes

    return replace(blob, large=replace(large, open=opened)), gathered
