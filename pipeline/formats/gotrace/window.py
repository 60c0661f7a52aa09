"""The part of a trace that is in memory: all of a small one; of a large one a generation and what was read behind it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pipeline.errors import CutOff, DecodeError
from pipeline.values import Blob, Bytes

# More than a generation of most programs has.
_FIRST_BYTES = 4 << 20
_PIECE_BYTES = 1 << 20


@dataclass(slots=True)
class Window:
    """Bytes of a trace that is read forwards, which is why it changes.

    data   those that are here
    base   where in the file they begin
    rest   reads the next; None when these are the last
    most   how many may be here at once
    size   bytes of the whole file
    fault  why fewer came than the file has; "" when they did
    """

    data: Bytes
    base: int
    rest: Callable[[int], bytes] | None
    most: int
    size: int
    fault: str = ""


def in_memory(content: bytes | Bytes) -> Window:
    """A window on a trace that is all in memory."""
    data = np.frombuffer(content, np.uint8) if isinstance(content, bytes) else content
    return Window(data, base=0, rest=None, most=len(data), size=len(data))


def window_of(blob: Blob) -> Window:
    """A window on the beginning of a trace."""
    large = blob.large
    if large is None:
        return in_memory(blob.content)
    return Window(np.zeros(0, np.uint8), base=0, rest=large.open(), most=large.most_held_bytes, size=large.size_bytes)


def read_on(window: Window) -> bool:
    """Make the window twice as long, as far as there is more; False when there is not, or it may be no longer."""
    wanted = min(window.most, max(_FIRST_BYTES, 2 * len(window.data)))
    if window.rest is None or wanted <= len(window.data):
        return False
    data = np.empty(wanted, np.uint8)
    filled = before = len(window.data)
    data[:filled] = window.data
    while filled < wanted and (piece := _next(window, wanted - filled)):
        data[filled : filled + len(piece)] = np.frombuffer(piece, np.uint8)
        filled += len(piece)
    window.data = data[:filled]
    return filled > before


def _next(window: Window, most: int) -> bytes:
    assert window.rest is not None
    try:
        piece = window.rest(min(most, _PIECE_BYTES))
    except CutOff as error:
        piece, window.fault = b"", str(error)
    except (DecodeError, OSError) as error:
        piece, window.fault = b"", f"to read it a second time failed: {error}"
    if not piece:
        window.rest = None
    return piece


def leave_behind(window: Window, position: int) -> None:
    """Forget what stands before this place in the window, unless the whole file is there anyway."""
    if window.rest is not None or window.base:
        window.data = window.data[position:].copy()
        window.base += position
