"""Many short texts at once."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from pipeline.kernels.gather import gather_spans
from pipeline.values import Bytes, Int64s


def texts_at(data: Bytes, starts: Int64s, lengths: Int64s) -> pa.StringArray:
    """Spans of a text, all of them UTF-8."""
    gathered, offsets = gather_spans(data, starts, lengths, np.arange(len(starts)))
    return pa.StringArray.from_buffers(len(starts), pa.py_buffer(offsets), pa.py_buffer(gathered))


def told_apart(first: Int64s, second: Int64s) -> tuple[Int64s, Int64s, Int64s]:
    """The pairs that differ of numbers from 0, as two columns, and which of them each is."""
    most = np.int64(1) + second.max(initial=0)
    encoded = pa.array(first * most + second).dictionary_encode()
    pairs = encoded.dictionary.to_numpy()
    return pairs // most, pairs % most, encoded.indices.to_numpy().astype(np.int64)


def distinct(texts: Bytes, offsets: Int64s) -> tuple[list[bytes], Int64s]:
    """The texts that differ, and which of them each is."""
    buffers = [None, pa.py_buffer(offsets.astype(np.int32)), pa.py_buffer(texts)]
    encoded = pa.Array.from_buffers(pa.binary(), len(offsets) - 1, buffers).dictionary_encode()
    return encoded.dictionary.to_pylist(), encoded.indices.to_numpy().astype(np.int64)
