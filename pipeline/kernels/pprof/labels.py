"""The hash of each label of a sample, straight from the numbers of its texts."""

from __future__ import annotations

import numpy as np

from pipeline.kernels import kernel
from pipeline.kernels.xxh64 import hash_words
from pipeline.values import Int64s, UInt64s


@kernel
def hash_labels(text: UInt64s, key: Int64s, value: Int64s, num: Int64s, unit: Int64s) -> UInt64s:
    """XXH64 of the words h(key), h(value) or 0, number, h(unit) or 0, and which of value (1) and unit (2) are there.

    text  hash of every string; `key`, `value` and `unit` number them, -1 for none, and have been checked
    """
    out = np.empty(len(key), np.uint64)
    words = np.empty(5, np.uint64)
    for row in range(len(key)):
        words[0] = text[key[row]]
        words[1] = text[value[row]] if value[row] >= 0 else np.uint64(0)
        words[2] = np.uint64(num[row])
        words[3] = text[unit[row]] if unit[row] >= 0 else np.uint64(0)
        words[4] = np.uint64((value[row] >= 0) + 2 * (unit[row] >= 0))
        out[row] = hash_words(words, 0, 5)
    return out
