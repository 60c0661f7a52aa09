"""Profiles as trees of protobuf fields: taken apart, changed where it hurts, put together again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from tests.builders.wire import BYTES, FIXED32, FIXED64, VARINT, varint
from tests.fuzz.mutate import TEXTS, number

# Which fields of a message are messages and which are packed numbers; all other fields with bytes are texts.
_PACKED: Final = "packed"
_LINE: Final[Mapping[int, Any]] = {}
_SAMPLE: Final[Mapping[int, Any]] = {1: _PACKED, 2: _PACKED, 3: {}}
_PROFILE: Final[Mapping[int, Any]] = {1: {}, 2: _SAMPLE, 3: {}, 4: {4: _LINE}, 5: {}, 11: {}, 13: _PACKED}
# Where a number does most harm: values, times, ids, places in the string table.
_TIMES: Final = (9, 10, 12)
# Changes that multiply do so no further beyond so many.
_MOST: Final = 400


@dataclass
class Field:
    """A field: a number, plain bytes, packed numbers or the fields of a message; `length` is what it claims when it lies."""

    number: int
    wire_type: int
    value: int | bytes
    packed: list[int] | None = None
    fields: list[Field] | None = None
    length: int | None = None


def taken_apart(content: bytes, shape: Mapping[int, Any] = _PROFILE) -> list[Field]:
    """The fields of a sound message."""
    fields, at = [], 0
    while at < len(content):
        tag, at = _varint(content, at)
        fields.append(Field(tag >> 3, tag & 7, 0))
        if tag & 7 == VARINT:
            fields[-1].value, at = _varint(content, at)
            continue
        size, at = _varint(content, at) if tag & 7 == BYTES else (8 if tag & 7 == FIXED64 else 4, at)
        fields[-1].value = inner = content[at : at + size]
        at += size
        within = shape.get(tag >> 3) if tag & 7 == BYTES else None
        if within == _PACKED:
            fields[-1].packed = _numbers(inner)
        elif within is not None:
            fields[-1].fields = taken_apart(inner, within)
    return fields


def put_together(fields: list[Field]) -> bytes:
    """The bytes of the fields."""
    return b"".join(map(_encoded, fields))


def mutated(content: bytes, draw: Random) -> bytes:
    """A sound profile with some changes to its fields; most leave it a profile."""
    fields = taken_apart(content)
    for _ in range(draw.choice((1, 1, 1, 2, 2, 3, 6))):
        every = list(_walk(fields))
        if every:
            draw.choice(_CHANGES)(every, draw)
    return put_together(fields)


def _encoded(field: Field) -> bytes:
    tag = varint(field.number << 3 | field.wire_type)
    if field.wire_type == VARINT:
        return tag + varint(field.value if isinstance(field.value, int) else len(field.value))
    payload = _payload(field)
    if field.wire_type in (FIXED64, FIXED32):
        size = 8 if field.wire_type == FIXED64 else 4
        return tag + payload[:size].ljust(size, b"\0")
    return tag + varint(len(payload) if field.length is None else field.length) + payload


def _payload(field: Field) -> bytes:
    if field.fields is not None:
        return put_together(field.fields)
    if field.packed is not None:
        return b"".join(map(varint, field.packed))
    return varint(field.value) if isinstance(field.value, int) else field.value


def _varint(content: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while content[at] & 128:
        value |= (content[at] & 127) << shift
        at, shift = at + 1, shift + 7
    return value | content[at] << shift, at + 1


def _numbers(content: bytes) -> list[int]:
    found, at = [], 0
    while at < len(content):
        value, at = _varint(content, at)
        found.append(value)
    return found


# Changes -------------------------------------------------------------------------------------------------------------

_Place = tuple[list[Field], int, tuple[int, ...]]


def _walk(fields: list[Field], path: tuple[int, ...] = ()) -> Iterator[_Place]:
    """Every field with the list it is in, its place there, and the numbers of the fields around it."""
    for place, field in enumerate(fields):
        yield fields, place, (*path, field.number)
        if field.fields is not None:
            yield from _walk(field.fields, (*path, field.number))


def _some(every: list[_Place], draw: Random, *, path: tuple[int, ...] | None = None) -> Field:
    wanted = [place for place in every if place[2] == path] if path else every
    siblings, place, _ = draw.choice(wanted or every)
    return siblings[place]


def _set_number(every: list[_Place], draw: Random) -> None:
    """Some number anywhere: an id, an address, a place in the string table, a line."""
    field = _some([place for place in every if place[0][place[1]].wire_type == VARINT] or every, draw)
    if isinstance(field.value, int):
        field.value = number(draw, near=field.value)


def _set_value(every: list[_Place], draw: Random) -> None:
    """A sample's value, or a location of its stack."""
    field = _some(every, draw, path=(2, draw.choice((1, 2, 2, 2))))
    if field.packed:
        place = draw.randrange(len(field.packed))
        field.packed[place] = number(draw, near=field.packed[place])


def _set_all_values(every: list[_Place], draw: Random) -> None:
    """Every sample at the same end of 64 bits, so that sums and differences leave them."""
    extreme = draw.choice((2**63 - 1, 2**63, 2**64 - 1, 2**62))
    for siblings, place, path in every:
        if path == (2, 2) and siblings[place].packed:
            siblings[place].packed = [extreme] * len(siblings[place].packed or ())


def _set_time(every: list[_Place], draw: Random) -> None:
    """The time, the duration or the period."""
    siblings = every[0][0]
    wanted = draw.choice(_TIMES)
    siblings[:] = [field for field in siblings if field.number != wanted]
    siblings.append(Field(wanted, VARINT, number(draw)))


def _resized(every: list[_Place], draw: Random) -> None:
    """One more or one less in a list of numbers, or very many."""
    field = _some([place for place in every if place[0][place[1]].packed is not None] or every, draw)
    if field.packed is not None:
        many = field.packed[:_MOST] * 300
        field.packed = draw.choice((field.packed[:-1], [*field.packed, number(draw)], many, []))


def _reworded(every: list[_Place], draw: Random) -> None:
    """A text of another kind."""
    field = _some(every, draw, path=(6,))
    if isinstance(field.value, bytes) and field.wire_type == BYTES:
        field.value = draw.choice((*TEXTS, field.value * 3))


def _dropped(every: list[_Place], draw: Random) -> None:
    siblings, place, _ = draw.choice(every)
    del siblings[place]


def _repeated(every: list[_Place], draw: Random) -> None:
    siblings, place, _ = draw.choice(every)
    # What is repeated may be in something repeated.
    siblings[place:place] = [siblings[place]] * (draw.choice((1, 1, 2, 100)) if len(every) < _MOST else 1)


def _moved(every: list[_Place], draw: Random) -> None:
    siblings, place, _ = draw.choice(every)
    siblings.insert(draw.randrange(len(siblings)), siblings.pop(place))


def _transplanted(every: list[_Place], draw: Random) -> None:
    """A field where it does not belong: a sample in a sample, a label at the top."""
    (there, place, _), (siblings, from_place, _) = draw.choice(every), draw.choice(every)
    found = siblings[from_place]
    if there is not found.fields and not any(there is inner[0] for inner in _walk(found.fields or [])):
        there.insert(place, found)


def _same_id(every: list[_Place], draw: Random) -> None:
    """Two mappings, locations or functions of one id, or an id that something else refers to."""
    kind = draw.choice((3, 4, 5))
    ids = [place for place in every if place[2] == (kind, 1)]
    if len(ids) > 1:
        one, other = _some(ids, draw), _some(ids, draw)
        one.value = other.value


def _lied(every: list[_Place], draw: Random) -> None:
    field = _some([place for place in every if place[0][place[1]].wire_type == BYTES] or every, draw)
    field.length = draw.choice((0, len(_payload(field)) + draw.choice((-1, 1)), number(draw))) % 2**64


def _retyped(every: list[_Place], draw: Random) -> None:
    field = _some(every, draw)
    if draw.random() < 0.5:
        field.wire_type = draw.randrange(8)
    else:
        field.number = draw.choice((0, 1, 2, 3, 4, 5, 6, 9, 11, 13, 16, 2**29 - 1, 2**60))


_CHANGES: Final = (
    _set_number, _set_number, _set_number, _set_value, _set_value, _set_all_values, _set_time, _resized, _reworded, _dropped,
    _repeated, _moved, _transplanted, _same_id, _lied, _retyped,
)  # fmt: skip
