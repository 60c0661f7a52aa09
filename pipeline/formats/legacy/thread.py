"""gperftools' stacks of all threads as text, `/threadz`.

    --- threadz 1 ---

    --- Thread 7f8d3c6f4700 (name: worker/12) stack: ---
      0x4a1b2c 0x4a1d3e
    --- Thread 7f8d3c6f5700 (name: worker/13) stack: ---
      0x4a1b2c [same as previous thread]

google/pprof, profile/legacy_profile.go: parseThread.
"""

from __future__ import annotations

import re
from typing import Final

import numpy as np

from pipeline.errors import DecodeError
from pipeline.formats.legacy.maps import is_sentinel
from pipeline.formats.legacy.recognise import THREAD, THREADS
from pipeline.formats.legacy.stacks import Stacks, hexadecimal, stacks_of, without_doubled_leaf
from pipeline.formats.samples import Header
from pipeline.values import Int64s

_ADDRESS: Final = re.compile(rb"0x[0-9a-f]{1,4096}")
_HEADER: Final = Header((("thread", "count"),), ("thread", "count"), 1)


def read_threads(text: bytes) -> tuple[Header, Stacks, Int64s, bytes | None]:
    """What threads were at, how many of them, and the text from the mappings on, None where it breaks off before.

    Raises DecodeError for a line that is neither of a thread nor of its stack.
    """
    lines = text.split(b"\n")
    stacks: list[list[int]] = []
    counts: list[int] = []
    at = _first_thread(lines)
    while at < len(lines) and not _is_end(lines[at]):
        if not THREAD.search(lines[at]):
            shown = lines[at][:80].decode("utf-8", "replace")
            raise DecodeError(f"line {at + 1}: {shown!r} is no thread; the file may be damaged")
        addresses, at = _stack(lines, at + 1)
        if addresses:
            stacks.append(addresses)
            counts.append(1)
        elif counts:
            counts[-1] += 1
    rest = b"\n".join(lines[at:]) if at < len(lines) else None
    return _HEADER, without_doubled_leaf(stacks_of(stacks).less_one()), np.array(counts, np.int64), rest


def _first_thread(lines: list[bytes]) -> int:
    """The line of the first thread, or the one that ends a text without threads."""
    at = next(place for place, line in enumerate(lines) if line.strip() and not line.lstrip().startswith(b"#"))
    if not THREADS.search(lines[at]):
        return at
    following = (
        place for place in range(at + 1, len(lines)) if lines[place].startswith(b"-") or is_sentinel(lines[place])
    )
    return next(following, len(lines))


def _is_end(line: bytes) -> bool:
    return is_sentinel(line) or line.startswith(b"---- no stack trace for")


def _stack(lines: list[bytes], at: int) -> tuple[list[int], int]:
    """The addresses from a line on, none where they are those of the thread before, and the first line behind them."""
    addresses: list[int] = []
    is_same = False
    while at < len(lines) and not (lines[at].lstrip().startswith(b"---") or is_sentinel(lines[at])):
        is_same |= b"same as previous thread" in lines[at]
        addresses += [hexadecimal(found.decode()) for found in _ADDRESS.findall(lines[at])]
        at += 1
    return [] if is_same else addresses, at
