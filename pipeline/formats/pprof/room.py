"""Memory for the rows of one group of files, used again for the next.

To touch new memory takes as long as to read small profiles: a fifth of what it takes to bring them into a lake.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from math import prod

import numpy as np

from pipeline.values import Bytes, Int64s

# What large files need is given back: memory does not stay as large as the largest of many.
_MOST_KEPT_BYTES = 128 << 20
# Addresses, of which most were never written; some systems and limits count them.
_MOST_ROOM_BYTES = 1 << 30
# The next group of files is as large as this one, or a bit larger.
_MOST_SPARE_BYTES = 32 << 20
# The list that a block is counted in, and the argument of who counts.
_HOLDERS = 2

_NOTHING = np.empty(0, np.uint8)

_kept: dict[str, Bytes] = {}


def room_for(name: str, shape: Sequence[int]) -> Int64s:
    """int64 of a shape, whatever they are: those that were kept under the name, when nothing holds them any more."""
    size = 8 * prod(map(int, shape))
    # No variable has it while it is counted: whether one would count is not the same in all versions of Python.
    found = [_kept.pop(name, _NOTHING)]
    if found[0].nbytes < size or sys.getrefcount(found[0]) > _HOLDERS:
        found = [np.empty(size + min(size // 4, _MOST_SPARE_BYTES), np.uint8)]
    return found[0][:size].view(np.int64).reshape(shape)


def keep(written: Mapping[str, Int64s]) -> None:
    """Keep the memory of what `room_for` gave for the next who asks for the same names.

    written  the first rows of each, all that have something in them
    """
    blocks = {name: rows.base for name, rows in written.items() if rows.base is not None}
    if (
        sum(rows.nbytes for rows in written.values()) <= _MOST_KEPT_BYTES
        and sum(block.nbytes for block in blocks.values()) <= _MOST_ROOM_BYTES
    ):
        _kept.update(blocks)
