"""Protobuf messages of many rows at once: each field is encoded for all rows, and then the fields of each row are put together.

https://protobuf.dev/programming-guides/encoding; what is zero or empty is left out, as proto3 does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa

from pipeline.values import Bytes, Int64s

_VARINT: Final = 0
_FIXED64: Final = 1
_LENGTH: Final = 2
_MAX_VARINT_BYTES: Final = 10


@dataclass(frozen=True, slots=True)
class Rows:
    """Some bytes for each row, one after the other.

    offsets  int64 (rows + 1)  where the bytes of each row begin
    data     uint8
    """

    offsets: Int64s
    data: Bytes

    @property
    def sizes(self) -> Int64s:
        """How many bytes each row has."""
        return np.diff(self.offsets)

    def __len__(self) -> int:
        return len(self.offsets) - 1


def varints(values: np.ndarray) -> Rows:
    """One number a row; negative ones as their 64 bits."""
    left = values.astype(np.int64).view(np.uint64) if values.dtype != np.uint64 else values.copy()
    sizes = np.ones(len(left), np.int64)
    for place in range(1, _MAX_VARINT_BYTES):
        sizes += left >= np.uint64(1) << np.uint64(7 * place)
    offsets = _offsets(sizes)
    data = np.empty(offsets[-1], np.uint8)
    at, more = offsets[:-1].copy(), np.arange(len(left))
    while len(more):
        data[at] = (left & np.uint64(127)).astype(np.uint8) | np.where(left > 127, 128, 0).astype(np.uint8)
        is_longer = left > 127
        left, at, more = left[is_longer] >> np.uint64(7), at[is_longer] + 1, more[is_longer]
    return Rows(offsets, data)


def number(field: int, values: np.ndarray) -> Rows:
    """A field with a number."""
    there = np.flatnonzero(values)
    return _spread(_tagged(field, _VARINT, varints(values[there])), there, len(values))


def always(field: int, values: np.ndarray) -> Rows:
    """The same where zero is a number like any other, and not left out."""
    return _tagged(field, _VARINT, varints(values))


def fixed64(field: int, values: np.ndarray) -> Rows:
    """A field with a number of eight bytes."""
    there = np.flatnonzero(values)
    return _spread(always_fixed64(field, values[there]), there, len(values))


def always_fixed64(field: int, values: np.ndarray) -> Rows:
    """The same where zero is a number like any other."""
    return _tagged(field, _FIXED64, eight_bytes(values))


def eight_bytes(values: np.ndarray) -> Rows:
    """One number a row."""
    data = values.astype("<i8").view(np.uint8)
    return Rows(np.arange(0, len(data) + 1, 8), data)


def numbers(field: int, values: Rows) -> Rows:
    """A field with a list of numbers, packed; see `grouped`."""
    there = np.flatnonzero(values.sizes)
    return _spread(messages(field, taken(values, there)), there, len(values))


def messages(field: int, content: Rows) -> Rows:
    """A field with a message, or with text."""
    return _tagged(field, _LENGTH, joined(varints(content.sizes), content))


def texts(values: pa.StringArray) -> Rows:
    """The bytes of each text."""
    _, offsets, data = values.buffers()
    begins = np.frombuffer(offsets, np.int32)[values.offset : values.offset + len(values) + 1].astype(np.int64)
    plain = np.frombuffer(data or b"", np.uint8)[begins[0] : begins[-1]]
    return Rows(begins - begins[0], plain)


def grouped(rows: Rows, offsets: Int64s) -> Rows:
    """Rows put together to fewer: those from one of the offsets to the next are one."""
    return Rows(rows.offsets[offsets], rows.data)


def taken(rows: Rows, places: Int64s) -> Rows:
    """The rows at some places."""
    sizes = rows.sizes[places]
    offsets = _offsets(sizes)
    return Rows(offsets, rows.data[spans(rows.offsets[places], sizes, offsets)])


def joined(*parts: Rows) -> Rows:
    """Row by row what each part has there, in the order of the parts."""
    sizes = [part.sizes for part in parts]
    offsets = _offsets(np.sum(sizes, axis=0))
    data, begin = np.empty(offsets[-1], np.uint8), offsets[:-1].copy()
    for part, size in zip(parts, sizes, strict=True):
        data[spans(begin, size, part.offsets - part.offsets[0])] = part.data[part.offsets[0] : part.offsets[-1]]
        begin += size
    return Rows(offsets, data)


def _tagged(field: int, kind: int, content: Rows) -> Rows:
    tag = varints(np.array([field << 3 | kind]))
    return joined(taken(tag, np.zeros(len(content), np.int64)), content)


def _spread(rows: Rows, places: Int64s, count: int) -> Rows:
    """The same rows at their places among more, all others empty."""
    sizes = np.zeros(count, np.int64)
    sizes[places] = rows.sizes
    return Rows(_offsets(sizes), rows.data)


def spans(begins: Int64s, sizes: Int64s, offsets: Int64s) -> Int64s:
    """The places begin, begin + 1, ... of each row, `sizes` of them; `offsets` is where each row's are in the answer."""
    return np.repeat(begins - offsets[:-1], sizes) + np.arange(offsets[-1])


def _offsets(sizes: Int64s) -> Int64s:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])
