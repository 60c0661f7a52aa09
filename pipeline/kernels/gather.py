"""Copies spans of one buffer behind each other: text and list columns without a Python object for each."""

from __future__ import annotations

import numpy as np

from pipeline.kernels import kernel
from pipeline.values import Bytes, Int32s, Int64s, UInt64s


@kernel
def gather_spans(data: Bytes, starts: Int64s, lengths: Int64s, wanted: Int64s) -> tuple[Bytes, Int32s]:
    """The spans numbered `wanted`, one after the other, and where each begins (n + 1 offsets).

    Number -1 is an empty span. The caller has checked the spans, and that their sum stays below 2^31.
    """
    offsets = np.empty(len(wanted) + 1, np.int32)
    total = 0
    for place in range(len(wanted)):
        offsets[place] = total
        if wanted[place] >= 0:
            total += lengths[wanted[place]]
    offsets[len(wanted)] = total
    out = np.empty(total, np.uint8)
    for place in range(len(wanted)):
        if wanted[place] >= 0:
            start = starts[wanted[place]]
            at = offsets[place]
            for byte in range(lengths[wanted[place]]):
                out[at + byte] = data[start + byte]
    return out, offsets


@kernel
def gather_lists(words: UInt64s, places: Int64s, offsets: Int64s, wanted: Int64s) -> tuple[UInt64s, Int32s]:
    """words[places[offsets[i] : offsets[i + 1]]] for each i in `wanted`, one after the other, and where each begins.

    Returns as many words as there are and n + 1 offsets; the caller has checked that they stay below 2^31.
    """
    starts = np.empty(len(wanted) + 1, np.int32)
    total = 0
    for place in range(len(wanted)):
        starts[place] = total
        total += offsets[wanted[place] + 1] - offsets[wanted[place]]
    starts[len(wanted)] = total
    out = np.empty(total, np.uint64)
    to = 0
    for place in range(len(wanted)):
        for at in range(offsets[wanted[place]], offsets[wanted[place] + 1]):
            out[to] = words[np.uint64(places[np.uint64(at)])]
            to += 1
    return out, starts
