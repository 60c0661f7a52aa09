"""What otlp_file.py writes as JSON: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding.

A field of all messages of a kind is spelled at once. Numbers of 64 bits are texts, as the specification writes them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.kernels import protofields as kernels
from pipeline.kernels.protowire import FIXED64
from pipeline.otlp_messages import MESSAGES, ROOT, Field
from pipeline.protobuf_rows import spans
from pipeline.values import Bytes, Int64s

_PACKED: Final = ("number", "long", "ulong")
_TEXT: Final = pa.large_string()
# What stands otherwise in a text of JSON, and what ends a line for some.
_SPECIAL: Final = '["\\\\\\x00-\\x1f\\x7f\u2028\u2029]'


def pieces(written: Iterable[bytes]) -> Iterator[bytes]:
    """The file, of the pieces of the other one."""
    data = np.frombuffer(b"".join(written), np.uint8)
    (text,) = _objects(ROOT, data, np.zeros(1, np.int64), np.array([len(data)]))
    yield text.as_buffer().to_pybytes()
    yield b"\n"


def _objects(kind: str, data: Bytes, starts: Int64s, ends: Int64s) -> pa.Array:
    """Messages of a kind, a text each."""
    count, status, _, _, _ = kernels.count_fields(data, starts, ends)
    assert not status
    rows = np.empty((count, kernels.COLUMNS), np.int64)
    kernels.fill_fields(data, starts, ends, rows)
    named = []
    for field in MESSAGES[kind]:
        of_field = rows[rows[:, kernels.NUMBER] == field.number]
        if len(of_field):
            named.append(_named(field, data, of_field, len(starts)))
    if not named:
        return pa.array(["{}"] * len(starts), _TEXT)
    # What is joined of nothing but NULL is missing from Arrow's answer.
    is_filled = np.logical_or.reduce([each.is_valid().to_numpy(zero_copy_only=False) for each in named])
    filled = [each.filter(pa.array(is_filled)) for each in named]
    joined = pc.binary_join_element_wise(*filled, _text(","), null_handling="skip")
    inside = joined.take(pa.array(np.cumsum(is_filled) - 1, mask=~is_filled)).fill_null("")
    return _around("{", inside, "}")


def _named(field: Field, data: Bytes, rows: Int64s, count: int) -> pa.Array:
    """The field with its name, for each message; NULL where it is not there."""
    name = f'"{field.name}":'
    owners = rows[:, kernels.OWNER]
    if field.is_many and field.kind in _PACKED:
        room = int(rows[:, kernels.VALUE].sum())
        numbers, owners = np.empty(room + 1, np.int64), np.empty(room + 1, np.int64)
        found, status, _, _ = kernels.repeated(data, rows, numbers, owners)
        assert not status
        values, owners = _numbers(field, numbers[:found]), owners[:found]
    else:
        values = _values(field, data, rows)
    sizes = np.bincount(owners, minlength=count)
    if not field.is_many:
        places = np.cumsum(sizes) - 1
        return _around(name, values.take(pa.array(places, mask=sizes == 0)), "")
    offsets = np.concatenate([[0], np.cumsum(sizes)])
    joined = pc.binary_join(pa.LargeListArray.from_arrays(pa.array(offsets), values), _text(","))
    return pc.if_else(pa.array(sizes > 0), _around(f"{name}[", joined, "]"), pa.scalar(None, _TEXT))


def _values(field: Field, data: Bytes, rows: Int64s) -> pa.Array:
    """What each row has."""
    starts, sizes = rows[:, kernels.PLACE], rows[:, kernels.VALUE]
    if field.kind == "message":
        return _objects(field.message, data, starts, starts + sizes)
    if field.kind == "text":
        return _quoted(_taken(data, starts, sizes))
    assert field.kind != "double" or (rows[:, kernels.WIRE_TYPE] == FIXED64).all()
    return _numbers(field, sizes)


def _numbers(field: Field, values: Int64s) -> pa.Array:
    """As JSON has them; what has no row here, bytes and numbers with fractions, is never written."""
    if field.kind == "bool":
        return pc.if_else(pa.array(values != 0), _text("true"), _text("false"))
    assert field.kind in (*_PACKED, "fixed64"), field
    spelled = pa.array(values if field.kind in ("number", "long") else values.view(np.uint64)).cast(_TEXT)
    return spelled if field.kind == "number" else _around('"', spelled, '"')


def _taken(data: Bytes, starts: Int64s, sizes: Int64s) -> pa.Array:
    """Texts that lie in the file."""
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])
    letters = data[spans(starts, sizes, offsets)]
    return pa.LargeStringArray.from_buffers(len(starts), pa.py_buffer(offsets), pa.py_buffer(letters))


def _quoted(values: pa.Array) -> pa.Array:
    is_special = pc.match_substring_regex(values, _SPECIAL)
    quoted = _around('"', values, '"')
    odd = values.filter(is_special).to_pylist()
    return pc.replace_with_mask(quoted, is_special, pa.array(map(json.dumps, odd), _TEXT))


def _around(before: str, values: pa.Array, after: str) -> pa.Array:
    return pc.binary_join_element_wise(_text(before), values, _text(after), _text(""))


def _text(value: str) -> pa.Scalar:
    return pa.scalar(value, _TEXT)
