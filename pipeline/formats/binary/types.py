"""Go's type descriptors: the name and the size of a type at an address (internal/abi/type.go, Type and Name)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa

from pipeline.formats.binary.wire import Image, words_at
from pipeline.values import Bytes, Int64s, UInt64s

_DESCRIPTOR_BYTES: Final = 48
_SIZE, _FLAGS, _KIND, _NAME = 0, 20, 23, 40
# The name has a * before it that is not the type's: the name of the pointer to it serves both.
_HAS_EXTRA_STAR: Final = 2
_KIND_MASK: Final = 31
_LAST_KIND: Final = 26
_MOST_NAME_BYTES: Final = 1 << 12
_MOST_NAMES_BYTES: Final = 1 << 26
_VARINT_BYTES: Final = 3


@dataclass(frozen=True, slots=True)
class Types:
    """Name and size of some types; both NULL where there is no type.

    name        dictionary of text
    size_bytes  int64
    """

    name: pa.DictionaryArray
    size_bytes: pa.Array


def types_at(image: Image, addresses: UInt64s, *, start: int) -> Types:
    """The types at these addresses, 0 being none.

    start  where offsets of names count from; 0 when that is not known, and then nothing is
    """
    distinct, number = np.unique(addresses, return_inverse=True)
    segment = image.segment_at(start, _DESCRIPTOR_BYTES) if start else None
    names: list[str | None] = [None] * len(distinct)
    sizes: list[int | None] = [None] * len(distinct)
    if segment is not None:
        data = image.rest(start, what="the types")
        end = start + len(data)
        known = np.flatnonzero((distinct >= np.uint64(start)) & (distinct < np.uint64(end)))
        place = (distinct[known] - np.uint64(start)).astype(np.int64)
        inside = place + _DESCRIPTOR_BYTES <= len(data)
        for index, name, size in _read(data, known[inside], place[inside]):
            names[index], sizes[index] = name, size
    rows = number.astype(np.int32)
    texts = pa.array(names, pa.string()).dictionary_encode()
    return Types(texts.take(pa.array(rows)), pa.array(sizes, pa.int64()).take(pa.array(rows)))


def _read(data: Bytes, known: Int64s, place: Int64s) -> list[tuple[int, str, int]]:
    low, high = words_at(data, place + _SIZE), words_at(data, place + _SIZE + 4)
    flags, kinds = data[place + _FLAGS], data[place + _KIND] & _KIND_MASK
    name = words_at(data, place + _NAME)
    is_sound = (high < 1 << 31) & (kinds > 0) & (kinds <= _LAST_KIND) & (name + 1 + _VARINT_BYTES <= len(data))
    found, total = [], 0
    for row in np.flatnonzero(is_sound).tolist():
        text = _name(data, int(name[row]), has_extra_star=bool(flags[row] & _HAS_EXTRA_STAR))
        if text is None or total + len(text) > _MOST_NAMES_BYTES:
            continue
        total += len(text)
        found.append((int(known[row]), text, int(high[row]) << 32 | int(low[row])))
    return found


def _name(data: Bytes, at: int, *, has_extra_star: bool) -> str | None:
    """The name at an offset: a byte of flags, its length, its bytes; None for what is none."""
    length = shift = 0
    for byte in data[at + 1 : at + 1 + _VARINT_BYTES].tolist():
        at += 1
        length |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            break
    else:
        return None
    start = at + 1 + has_extra_star
    end = at + 1 + length
    if not start < end <= len(data) or length > _MOST_NAME_BYTES:
        return None
    try:
        return data[start:end].tobytes().decode("utf-8")
    except UnicodeDecodeError:
        return None
