"""OpenTelemetry's profiles in JSON as the bytes that protobuf has of them, which are read as any others.

https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding: names in lowerCamelCase, numbers of 64 bits as texts or numbers,
ids in hexadecimal, fields of no known name passed over. A field of all messages of a kind is encoded at once.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from operator import methodcaller
from typing import Any, Final

import numpy as np
import pyarrow as pa

from pipeline.errors import DecodeError
from pipeline.otlp_messages import MESSAGES, ROOT, Field
from pipeline.protobuf_rows import (
    Rows,
    always,
    always_fixed64,
    eight_bytes,
    fixed64,
    grouped,
    joined,
    messages,
    number,
    numbers,
    texts,
    varints,
)
from pipeline.values import Int64s

_WHOLE: Final = ("number", "long", "ulong", "fixed64")


def as_protobuf(content: bytes) -> bytes:
    """The same in protobuf; raises DecodeError where it is no JSON, or a field has another type than its message says."""
    try:
        found = json.loads(content.decode("utf-8-sig", "replace"))
        return _encoded([found], ROOT).data.tobytes()
    except json.JSONDecodeError as error:
        if error.msg == "Extra data":
            raise DecodeError(
                f"character {error.pos}: more follows the object; a file holds one request: write each of them to a file of its own"
            ) from error
        raise DecodeError(f"character {error.pos}: not JSON: {error.msg}; the file may be truncated") from error
    except RecursionError as error:
        raise DecodeError("it is nested too deep to be profiles of OpenTelemetry") from error


def _encoded(found: Sequence[Any], kind: str) -> Rows:
    """The bytes of some messages of a kind."""
    _check(found, dict, f"a {kind}")
    parts = [Rows(np.zeros(len(found) + 1, np.int64), np.zeros(0, np.uint8))]
    for field in MESSAGES[kind]:
        # Taken out, so that what is encoded is let go: Python's objects take ten times the bytes of their JSON.
        cells = list(map(methodcaller("pop", field.name, None), found))
        if cells.count(None) < len(cells):
            parts.append(_field(field, cells, f"{field.name} of a {kind}"))
    return joined(*parts)


def _field(field: Field, cells: list[Any], name: str) -> Rows:
    """One field of each message, None where it is not there."""
    if not field.is_many:
        is_there = np.fromiter((cell is not None for cell in cells), np.bool_, len(cells))
        rows = _each(field, [cell for cell in cells if cell is not None], name)
        return grouped(rows, np.concatenate([[0], np.cumsum(is_there)]))
    lists = [[] if cell is None else cell for cell in cells]
    _check(lists, list, name)
    offsets = np.concatenate([[0], np.cumsum(np.fromiter(map(len, lists), np.int64, len(lists)))])
    flat = list(chain.from_iterable(lists))
    if field.kind in _WHOLE:
        plain = _whole(flat, name)
        return numbers(
            field.number, grouped(eight_bytes(plain) if field.kind == "fixed64" else varints(plain), offsets)
        )
    return grouped(_each(field, flat, name), offsets)


def _each(field: Field, cells: list[Any], name: str) -> Rows:
    """The field, by itself, for each of some values."""
    if field.kind == "message":
        return messages(field.number, _encoded(cells, field.message))
    if field.kind in ("text", "bytes", "hex"):
        _check(cells, str, name)
        return messages(field.number, texts(_of_text(field.kind, cells, name)))
    if field.kind == "double":
        values = np.array(_made(float, cells, name), np.float64).view(np.int64)
        return always_fixed64(field.number, values)
    if field.kind == "bool":
        _check(cells, bool, name)
        values = np.array(cells, np.int64)
    else:
        values = _whole(cells, name)
    if field.kind == "fixed64":
        return fixed64(field.number, values)
    return (always if field.is_shown else number)(field.number, values)


def _whole(cells: Sequence[Any], name: str) -> Int64s:
    """Whole numbers, which may be texts; those from 2^63 on by their bits."""
    kinds = set(map(type, cells))
    if not kinds <= {int, str}:
        raise DecodeError(f"{name}: {_example(cells, (int, str))} where profiles.proto has a whole number")
    whole = _made(int, cells, name)
    low, high = (min(whole), max(whole)) if whole else (0, 0)
    if low < -(2**63) or high >= 2**64 or (low < 0 and high >= 2**63):
        raise DecodeError(f"{name}: {low if low < -(2**63) else high} does not fit into 64 bits")
    return np.array(whole, np.uint64).view(np.int64) if high >= 2**63 else np.array(whole, np.int64)


def _of_text(kind: str, cells: list[str], name: str) -> pa.Array:
    if kind == "hex":
        return pa.array(_made(bytes.fromhex, cells, name), pa.binary())
    if kind == "bytes":
        return pa.array(_made(base64.b64decode, cells, name), pa.binary())
    try:
        return pa.array(cells, pa.string())
    except UnicodeEncodeError:
        # Half a character, which JSON can have.
        return pa.array([cell.encode("utf-8", "replace") for cell in cells], pa.binary())


def _made(make: Callable[[Any], Any], cells: Sequence[Any], name: str) -> list[Any]:
    try:
        return list(map(make, cells))
    except (TypeError, ValueError) as error:
        raise DecodeError(f"{name}: {str(error)[:200]}") from error


_CALLED: Final[Mapping[type, str]] = {
    dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "null", int: "a number", float: "a number with a fraction",
}  # fmt: skip


def _check(cells: Sequence[Any], wanted: type, name: str) -> None:
    if not set(map(type, cells)) <= {wanted}:
        raise DecodeError(f"{name}: {_example(cells, (wanted,))} where profiles.proto has {_CALLED[wanted]}")


def _example(cells: Sequence[Any], wanted: tuple[type, ...]) -> str:
    return next(_CALLED[type(cell)] for cell in cells if type(cell) not in wanted)
