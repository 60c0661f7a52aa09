"""Unsigned LEB128, as protobuf and Go's encoding/binary write it."""

from __future__ import annotations

import numpy as np

from pipeline.kernels import kernel
from pipeline.values import Bytes

OK = 0
# The data ends inside the number.
CUT_OFF = 1
# Ten bytes and still no end.
TOO_LONG = 2


@kernel
def uvarint(data: Bytes, position: int, end: int) -> tuple[np.uint64, int, int]:
    """One number at `position`, modulo 2^64.

    Returns its value, the position behind it, and OK, CUT_OFF or TOO_LONG; on failure the position is
    where the number begins. The rule of ten bytes is decodeVarint's in google/pprof profile/proto.go.
    """
    if position < end and data[np.uint64(position)] < 0x80:
        return np.uint64(data[np.uint64(position)]), position + 1, OK
    value = np.uint64(0)
    shift = np.uint64(0)
    for at in range(position, min(end, position + 10)):
        # Unsigned: numba need not ask whether the index counts from the end.
        byte = data[np.uint64(at)]
        value |= np.uint64(byte & 0x7F) << shift
        if byte < 0x80:
            return value, at + 1, OK
        shift += np.uint64(7)
    return np.uint64(0), position, TOO_LONG if end - position >= 10 else CUT_OFF
