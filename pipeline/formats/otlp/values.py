"""Attributes: keys with a value of any kind, of which pprof's labels have texts and numbers; all others are spelled as JSON."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from pipeline.errors import DecodeError
from pipeline.formats.otlp.wire import Messages, messages
from pipeline.kernels import protofields as fields
from pipeline.kernels.protowire import FIXED64
from pipeline.values import Bools, Bytes, Int64s, Strings

# AnyValue of opentelemetry/proto/common/v1/common.proto.
_TEXT, _TRUTH, _NUMBER, _FRACTION, _LIST, _MAP, _BYTES, _TEXT_PLACE = 1, 2, 3, 4, 5, 6, 7, 8
_DEEPEST: Final = 16


@dataclass(slots=True)
class Texts:
    """Strings of the file, by number: those of its table, others that lie in it, and our own; more are added while it is read."""

    data: Bytes
    starts: Int64s
    ends: Int64s
    own: dict[bytes, int] = field(default_factory=dict)

    def spans(self, starts: Int64s, ends: Int64s) -> Int64s:
        """The numbers of texts that lie in the file outside of the table; none may be added behind our own."""
        assert not self.own
        first = len(self.starts)
        self.starts, self.ends = np.append(self.starts, starts), np.append(self.ends, ends)
        return np.arange(first, len(self.starts))

    def add(self, text: bytes) -> int:
        """The number of a text of our own."""
        return self.own.setdefault(text, len(self.own)) + len(self.starts)

    def bytes_of(self, place: int) -> bytes:
        """A text of the file."""
        return self.data[self.starts[place] : self.ends[place]].tobytes()

    def are(self, places: Int64s, wanted: bytes) -> Bools:
        """Which of some texts of the file are this one."""
        alike = self.ends - self.starts == len(wanted)
        same_size = np.flatnonzero(alike)
        letters = self.data[self.starts[same_size, None] + np.arange(len(wanted))]
        alike[same_size] = (letters == np.frombuffer(wanted, np.uint8)).all(axis=1)
        return alike[places]

    def strings(self) -> Strings:
        """All of them."""
        lengths = np.fromiter(map(len, self.own), np.int64, len(self.own))
        starts = len(self.data) + np.cumsum(lengths) - lengths
        data = np.concatenate([self.data, np.frombuffer(b"".join(self.own), np.uint8)]) if self.own else self.data
        return Strings(data, np.append(self.starts, starts), np.append(self.ends - self.starts, lengths))


@dataclass(frozen=True, slots=True)
class Attributes:
    """The attributes of the dictionary, by their number.

    text   the number of a text value, -1 for any other
    value  what the AnyValue of each has: where it begins and ends in the file
    """

    key: Int64s
    unit: Int64s
    text: Int64s
    number: Int64s
    is_number: Bools
    is_true: Bools
    starts: Int64s
    ends: Int64s

    def __len__(self) -> int:
        return len(self.key)


def attributes_of(found: Messages, texts: Texts) -> Attributes:
    """KeyValueAndUnit of the dictionary as columns."""
    n_strings = len(texts.starts)
    key = found.indices(1, n_strings, of="string")
    unit = found.indices(3, n_strings, of="string")
    owners, starts_of, ends_of = found.spans(2)
    starts, ends = np.zeros(len(key), np.int64), np.zeros(len(key), np.int64)
    starts[owners], ends[owners] = starts_of, ends_of
    value = messages(found.data, starts, ends, name="value of attribute")
    text = np.full(len(key), -1, np.int64)
    in_table = value.indices(_TEXT_PLACE, max(n_strings, 1), of="string")
    numbers = value.rows[:, fields.NUMBER]
    text[value.rows[numbers == _TEXT_PLACE, fields.OWNER]] = 0
    text = np.where(text == 0, in_table, text)
    owners, starts_of, ends_of = value.spans(_TEXT)
    text[owners] = texts.spans(starts_of, ends_of)
    is_number = np.zeros(len(key), np.bool_)
    is_number[value.rows[numbers == _NUMBER, fields.OWNER]] = True
    is_true = value.numbers(_TRUTH) != 0
    return Attributes(key, unit, text, value.numbers(_NUMBER), is_number, is_true, starts, ends)


def label_columns(attributes: Attributes, used: Int64s, texts: Texts) -> Int64s:
    """What each attribute is as a label: int64 (attributes, 4), key, text, number and unit; of those that are not used nothing.

    A zero without a unit is spelled: pprof has no such number.
    """
    columns = np.column_stack([attributes.key, attributes.text, attributes.number, attributes.unit])
    columns[:, 3] = np.where((attributes.text >= 0) | (attributes.unit == 0), -1, attributes.unit)
    is_plain = (attributes.text >= 0) | (attributes.is_number & ((attributes.number != 0) | (attributes.unit != 0)))
    for place in used[~is_plain[used]].tolist():
        value = texts.data[attributes.starts[place] : attributes.ends[place]]
        columns[place] = attributes.key[place], texts.add(spelled(value, texts)), 0, -1
    return columns


def spelled(value: Bytes, texts: Texts) -> bytes:
    """An AnyValue as text: a text as it is, all else as JSON has it."""
    found = any_value(value, texts)
    if isinstance(found, str):
        return found.encode()
    return json.dumps(found, ensure_ascii=False).encode()


def any_value(value: Bytes, texts: Texts, *, depth: int = 0) -> Any:
    """An AnyValue as Python has it; bytes are hexadecimal."""
    if depth > _DEEPEST:
        raise DecodeError(f"an attribute is nested more than {_DEEPEST} levels deep")
    found: Any = None
    for number, wire_type, plain, content in _fields(value):
        if number == _TEXT:
            found = _decoded(content)
        elif number == _TRUTH:
            found = plain != 0
        elif number == _NUMBER:
            found = plain
        elif number == _FRACTION and wire_type == FIXED64:
            (fraction,) = struct.unpack("<d", struct.pack("<q", plain))
            found = fraction if np.isfinite(fraction) else str(fraction)
        elif number == _LIST:
            found = [any_value(each, texts, depth=depth + 1) for place, _, _, each in _fields(content) if place == 1]
        elif number == _MAP:
            pairs = [
                key_and_value(each, texts, depth=depth + 1) for place, _, _, each in _fields(content) if place == 1
            ]
            found = dict(pairs)
        elif number == _BYTES:
            found = content.tobytes().hex()
        elif number == _TEXT_PLACE and 0 <= plain < len(texts.starts):
            found = texts.bytes_of(plain).decode("utf-8", "replace")
    return found


def key_and_value(pair: Bytes, texts: Texts, *, depth: int = 0) -> tuple[str, Any]:
    """A KeyValue."""
    key, value = "", None
    for number, _, plain, content in _fields(pair):
        if number == 1:
            key = _decoded(content)
        elif number == 2:
            value = any_value(content, texts, depth=depth)
        elif number == 3 and 0 <= plain < len(texts.starts):
            key = texts.bytes_of(plain).decode("utf-8", "replace")
    return key, value


def _fields(message: Bytes) -> Iterator[tuple[int, int, int, Bytes]]:
    """Number, wire type, number value and payload of each field of one small message."""
    found = messages(message, np.zeros(1, np.int64), np.array([len(message)]), name="attribute")
    for row in found.rows.tolist():
        _, number, wire_type, value, place = row
        yield number, wire_type, value, message[place : place + value] if wire_type == 2 else message[:0]


def _decoded(text: Bytes) -> str:
    return text.tobytes().decode("utf-8", "replace")
