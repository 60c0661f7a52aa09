"""Spans of bytes to Arrow text."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from pipeline.errors import DecodeError
from pipeline.kernels.gather import gather_spans
from pipeline.values import Int64s, Strings


def text_array(strings: Strings, wanted: Int64s) -> pa.StringArray:
    """The strings numbered `wanted`, -1 being NULL; bytes that are not UTF-8 become U+FFFD."""
    size_bytes = int(np.where(wanted < 0, 0, strings.lengths[wanted]).sum()) if len(strings) else 0
    if size_bytes >= 1 << 31:
        raise DecodeError(
            f"{len(wanted)} texts take {size_bytes} bytes; Arrow has room for {(1 << 31) - 1} in a column"
        )
    data, offsets = gather_spans(strings.data, strings.starts, strings.lengths, np.ascontiguousarray(wanted))
    is_null = wanted < 0
    validity = pa.array(~is_null).buffers()[1] if is_null.any() else None
    array = pa.StringArray.from_buffers(len(wanted), pa.py_buffer(offsets), pa.py_buffer(data), validity)
    return array if _is_utf8(array) else _replaced(array)


def texts(strings: Strings, wanted: Int64s) -> list[str]:
    """The same as Python strings, "" for -1; for the few that a profile's header has."""
    return ["" if text is None else text for text in text_array(strings, wanted).to_pylist()]


def spans(strings: Strings, wanted: Int64s) -> list[bytes]:
    """The bytes of the strings numbered `wanted`; for the few whose order matters."""
    bounds = zip(strings.starts[wanted].tolist(), strings.lengths[wanted].tolist(), strict=True)
    return [strings.data[start : start + length].tobytes() for start, length in bounds]


def _is_utf8(array: pa.StringArray) -> bool:
    data = array.buffers()[2]
    if data is None or not np.frombuffer(data, np.uint8).max(initial=0) & 0x80:
        return True
    try:
        array.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _replaced(array: pa.StringArray) -> pa.StringArray:
    values = array.cast(pa.binary()).to_pylist()
    return pa.array([None if value is None else value.decode("utf-8", "replace") for value in values], pa.string())
