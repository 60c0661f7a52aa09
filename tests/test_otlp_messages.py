"""The table of OpenTelemetry's messages is that of its own classes."""

from __future__ import annotations

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from opentelemetry.proto.profiles.v1development.profiles_pb2 import ProfilesData

from pipeline.otlp_messages import MESSAGES, ROOT

_OTHER_NAMES = {"InstrumentationScope": "Scope"}
_KINDS = {
    FieldDescriptor.TYPE_DOUBLE: "double",
    FieldDescriptor.TYPE_INT64: "long",
    FieldDescriptor.TYPE_UINT64: "ulong",
    FieldDescriptor.TYPE_INT32: "number",
    FieldDescriptor.TYPE_UINT32: "number",
    FieldDescriptor.TYPE_FIXED64: "fixed64",
    FieldDescriptor.TYPE_BOOL: "bool",
    FieldDescriptor.TYPE_STRING: "text",
    FieldDescriptor.TYPE_BYTES: "bytes",
    FieldDescriptor.TYPE_MESSAGE: "message",
}


def test_every_field_has_the_number_the_name_and_the_kind_that_opentelemetry_gives_it() -> None:
    theirs = {called(one): sorted(map(field, one.fields)) for one in reachable(ProfilesData.DESCRIPTOR)}

    ours = {
        name: sorted(
            (one.number, one.name, one.kind.replace("hex", "bytes"), one.message, one.is_many) for one in fields
        )
        for name, fields in MESSAGES.items()
    }

    assert ours == theirs
    assert ROOT == "ProfilesData"


def test_what_a_value_is_one_of_is_shown_even_where_it_is_zero() -> None:
    assert [one.name for one in MESSAGES["AnyValue"] if not one.is_shown] == ["arrayValue", "kvlistValue"]


def reachable(first: Descriptor) -> list[Descriptor]:
    found, todo = {}, [first]
    while todo:
        one = todo.pop()
        if one.full_name not in found:
            found[one.full_name] = one
            todo += [each.message_type for each in one.fields if each.message_type]
    return list(found.values())


def called(message: Descriptor) -> str:
    return _OTHER_NAMES.get(message.name, message.name)


def field(one: FieldDescriptor) -> tuple[int, str, str, str, bool]:
    message = called(one.message_type) if one.message_type else ""
    return one.number, one.json_name, _KINDS[one.type], message, bool(one.is_repeated)
