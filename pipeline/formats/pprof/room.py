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
# The block's own name, and the argument of who counts.
_HOLDERS = 2

_kept: dict[str, Bytes] = {}


def numbers(name: str, shape: Sequence[int]) -> Int64s:
    """int64 of a shape, whatever they are: those that were kept under the name, when nothing holds them any more."""
    size = 8 * prod(map(int, shape))
    block = _kept.pop(name, None)
    if block is None or block.nbytes < size or sys.getrefcount(block) > _HOLDERS:
        # The next group of files is as large as this one, or a bit larger.
        block = np.empty(size + size // 4, np.uint8)
    return block[:size].view(np.int64).reshape(shape)


def keep(written: Mapping[str, Int64s]) -> None:
    """Keep the memory of what `numbers` gave for the next who asks for the same names.

    written  the first rows of each, all that have something in them
    """
    if sum(rows.nbytes for rows in written.values()) <= _MOST_KEPT_BYTES:
        _kept.update({name: rows.base for name, rows in written.items() if rows.base is not None})
