"""Random profiles, and encodings that say the same as the runtime's and look nothing like it."""

from __future__ import annotations

from random import Random
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from pipeline.generated.profile_pb2 import Function, Label, Line, Location, Mapping, Profile, Sample, ValueType
from tests.builders.wire import BYTES, FIXED32, FIXED64, VARINT, tag, varint

_WORDS = (
    "",
    "main.grow",
    "main.main",
    "bytes",
    "count",
    "inuse_space",
    "/app/server",
    "größe",
    "a.go",
    "日本",
    "x" * 200,
)
_NUMBERS = (0, 1, -1, 127, 128, 300, 1 << 31, -(1 << 31), (1 << 62) + 3, (1 << 63) - 1, -(1 << 63))
_IDS = (1, 2, 127, 128, 1 << 32, (1 << 63) - 1, 1 << 63, (1 << 64) - 1)
_SINGULAR_ONCE = "time_nanos"


def random_message(random: Random, *, size: int = 4) -> Profile:
    """A sound profile with up to `size` of everything, odd in all its values."""
    strings = ["", *(random.choice(_WORDS) for _ in range(random.randint(0, 2 * size)))]

    def text() -> int:
        return random.randrange(len(strings))

    def value_type() -> ValueType:
        return ValueType(type=text(), unit=text())

    def several() -> range:
        return range(random.randint(0, size))

    mapping_ids, function_ids, location_ids = (_distinct_ids(random, len(several())) for _ in range(3))
    types = [value_type() for _ in range(random.randint(1, 3))]
    message = Profile(
        sample_type=types,
        mapping=[
            Mapping(
                id=known,
                memory_start=_unsigned(random),
                memory_limit=_unsigned(random),
                file_offset=_unsigned(random),
                filename=text(),
                build_id=text(),
                **{flag: random.random() < 0.5 for flag in _FLAGS},
            )
            for known in mapping_ids
        ],
        function=[
            Function(id=known, name=text(), system_name=text(), filename=text(), start_line=random.choice(_NUMBERS))
            for known in function_ids
        ],
        location=[
            Location(
                id=known,
                # One in ten names a mapping that is not there.
                mapping_id=random.choice([0, 77, *mapping_ids] if random.random() < 0.1 else [0, *mapping_ids]),
                address=_unsigned(random),
                is_folded=random.random() < 0.3,
                line=[
                    Line(
                        function_id=random.choice(function_ids),
                        line=random.choice(_NUMBERS),
                        column=random.choice(_NUMBERS),
                    )
                    for _ in (several() if function_ids else ())
                ],
            )
            for known in location_ids
        ],
        sample=[
            Sample(
                location_id=[random.choice(location_ids) for _ in (several() if location_ids else ())],
                value=[random.choice(_NUMBERS) for _ in types],
                label=[_label(random, len(strings)) for _ in several()],
            )
            for _ in several()
        ],
        string_table=strings,
        time_nanos=random.choice(_NUMBERS),
        duration_nanos=random.choice(_NUMBERS),
        period=random.choice(_NUMBERS),
        comment=[text() for _ in several()],
    )
    if random.random() < 0.7:
        message.period_type.CopyFrom(value_type())
    for name in ("drop_frames", "keep_frames", "default_sample_type", "doc_url"):
        setattr(message, name, text() if random.random() < 0.5 else 0)
    return message


_FLAGS = ("has_functions", "has_filenames", "has_line_numbers", "has_inline_frames")


def _label(random: Random, n_strings: int) -> Label:
    text = random.choice([0, random.randrange(n_strings)])
    unit = random.choice([0, 0, random.randrange(n_strings)])
    return Label(
        key=random.randrange(n_strings),
        str=text,
        num=0 if text else random.choice(_NUMBERS),
        num_unit=0 if text else unit,
    )


def _unsigned(random: Random) -> int:
    return random.choice(_NUMBERS) % (1 << 64)


def _distinct_ids(random: Random, count: int) -> list[int]:
    """Dense, sparse or huge, and shuffled."""
    if random.random() < 0.5:
        ids = list(range(1, count + 1))
    else:
        ids = random.sample([*_IDS, *(random.randrange(1, 1 << 64) for _ in range(count))], count)
        ids = list(dict.fromkeys(ids))
    random.shuffle(ids)
    return ids


def encode(message: Message, random: Random, *, beyond_protobuf: bool = False) -> bytes:
    """The message in a random spelling that decodes to the same.

    Fields in any order, packed or not or both, empty packs, numbers longer than need be, zeros written out, singular
    fields repeated (the last one counts), unknown fields of every type in between. `beyond_protobuf` adds what only
    google/pprof accepts: field number 0, tags and lengths of up to ten bytes, a period type replaced as a whole.
    """
    fields = [_spelled(message, field, random, beyond_protobuf) for field in message.DESCRIPTOR.fields]
    for _ in range(random.choice((0, 0, 1, 3))):
        fields.append([_unknown(random, beyond_protobuf)])
    return b"".join(_interleaved(fields, random))


def _interleaved(fields: list[list[bytes]], random: Random) -> list[bytes]:
    """All parts in a random order that keeps those of one field in theirs."""
    if random.random() < 0.3:
        return [part for parts in fields for part in parts]
    order = [which for which, parts in enumerate(fields) for _ in parts]
    random.shuffle(order)
    queues = [iter(parts) for parts in fields]
    return [next(queues[which]) for which in order]


def _spelled(message: Message, field: Any, random: Random, beyond: bool) -> list[bytes]:
    value = getattr(message, field.name)
    if field.type == FieldDescriptor.TYPE_MESSAGE:
        values = list(value) if field.is_repeated else [value] if message.HasField(field.name) else []
        parts = [_sized(field.number, encode(of, random, beyond_protobuf=beyond), random, beyond) for of in values]
        if beyond and parts and not field.is_repeated:
            parts.insert(0, _sized(field.number, b"\x08\x00\x10\x7f", random, beyond))
        return parts
    if field.type == FieldDescriptor.TYPE_STRING:
        return [_sized(field.number, of.encode(), random, beyond) for of in value]
    if field.is_repeated:
        return _runs(field.number, list(value), random, beyond)
    return _singular(field, int(value), random, beyond)


def _singular(field: Any, value: int, random: Random, beyond: bool) -> list[bytes]:
    if not value and random.random() < 0.7:
        return []
    parts = [_number(field.number, value, random, beyond)]
    if field.name != _SINGULAR_ONCE and random.random() < 0.1:
        parts.insert(0, _number(field.number, random.choice(_NUMBERS), random, beyond))
    return parts


def _runs(number: int, values: list[int], random: Random, beyond: bool) -> list[bytes]:
    parts = []
    while values or random.random() < 0.05:
        length = random.choice((0, 1, 1, 2, len(values)))
        run, values = values[:length], values[length:]
        if len(run) == 1 and random.random() < 0.5:
            parts.append(_number(number, run[0], random, beyond))
        else:
            parts.append(_sized(number, b"".join(_long(of, random, 10) for of in run), random, beyond))
    return parts


def _long(value: int, random: Random, most: int) -> bytes:
    return varint(value, width=random.choice((0, 0, 0, 0, 0, 2, 3, most)))


def _number(number: int, value: int, random: Random, beyond: bool) -> bytes:
    return _tag(number, VARINT, random, beyond) + _long(value, random, 10)


def _sized(number: int, payload: bytes, random: Random, beyond: bool) -> bytes:
    return _tag(number, BYTES, random, beyond) + _long(len(payload), random, 10 if beyond else 5) + payload


def _tag(number: int, wire_type: int, random: Random, beyond: bool) -> bytes:
    return _long(number << 3 | wire_type, random, 10 if beyond else 5)


def _unknown(random: Random, beyond: bool) -> bytes:
    number = random.choice((16, 100, (1 << 29) - 1, *((0, 1 << 40, (1 << 61) - 1) if beyond else ())))
    wire_type = random.choice((VARINT, FIXED64, BYTES, FIXED32))
    payload = {VARINT: varint(random.choice(_NUMBERS)), FIXED64: b"8 bytes.", BYTES: b"\x02??", FIXED32: b"four"}
    return tag(number, wire_type) + payload[wire_type]
