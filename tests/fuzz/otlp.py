"""OpenTelemetry's profiles as trees of fields: taken apart as pprof's are, changed where it hurts, put together again."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any, Final

from tests.builders.wire import VARINT
from tests.fuzz.mutate import number
from tests.fuzz.pprof import Field, put_together, taken_apart

_PACKED: Final = "packed"
_TYPE: Final[Mapping[int, Any]] = {}
_VALUE: Final[Mapping[int, Any]] = {5: {1: {}}, 6: {1: {2: {}}}}
_SAMPLE: Final[Mapping[int, Any]] = {2: _PACKED, 4: _PACKED}
_PROFILE: Final[Mapping[int, Any]] = {1: _TYPE, 2: _SAMPLE, 5: _TYPE, 11: _PACKED}
_SHAPE: Final[Mapping[int, Any]] = {
    1: {1: {1: {2: _VALUE}}, 2: {1: {3: {2: _VALUE}}, 2: _PROFILE}},
    2: {1: {5: _PACKED}, 2: {3: {}, 4: _PACKED}, 3: {}, 4: {}, 6: {2: _VALUE}, 7: {1: _PACKED}},
}


def mutated(content: bytes, draw: Random) -> bytes:
    """A sound file with some changes to its fields; many leave it one."""
    fields = taken_apart(content, _SHAPE)
    for _ in range(draw.choice((1, 1, 1, 2, 3))):
        every = list(_walk(fields))
        if every:
            _change(draw.choice(every), draw)
    return put_together(fields)


def _walk(fields: list[Field]) -> list[tuple[list[Field], int]]:
    found = [(fields, place) for place in range(len(fields))]
    for field in fields:
        found += _walk(field.fields or [])
    return found


def _change(where: tuple[list[Field], int], draw: Random) -> None:
    siblings, place = where
    field = siblings[place]
    if field.packed is not None and draw.random() < 0.8:
        field.packed[draw.randrange(len(field.packed) + 1) :] = [number(draw, near=1) for _ in range(draw.randrange(3))]
    elif field.wire_type == VARINT and isinstance(field.value, int) and draw.random() < 0.8:
        field.value = number(draw, near=field.value)
    else:
        kind = draw.randrange(4)
        if kind == 0:
            del siblings[place]
        elif kind == 1:
            siblings[place:place] = [field] * draw.choice((1, 2, 30))
        elif kind == 2:
            field.number = draw.choice((1, 2, 3, 4, 5, 6, 7, 11, 2**29 - 1))
        else:
            field.wire_type = draw.randrange(6)
