"""The messages of OpenTelemetry's profiles, field by field: what protobuf calls by number and JSON by name.

opentelemetry/proto/profiles/v1development/profiles.proto, common/v1 and resource/v1 as the Python package opentelemetry-proto 1.45
has them; https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding says how they are JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple, TypeAlias

# `long` and `ulong` are numbers of 64 bits, which JSON has as texts; `hex` are the bytes that it does not have as base64.
Kind: TypeAlias = Literal["number", "long", "ulong", "fixed64", "double", "bool", "text", "bytes", "hex", "message"]


class Field(NamedTuple):
    """One field.

    message   what kind it is, of messages
    is_many   repeated; numbers are packed
    is_shown  even where it is zero or empty: one of several that a value may have
    """

    number: int
    name: str
    kind: Kind
    message: str = ""
    is_many: bool = False
    is_shown: bool = False


def _fields(*listed: str) -> tuple[Field, ...]:
    """Fields in the words of the .proto: `3 name text`, `2 samples Sample*`; a `!` behind the kind for one that is always shown."""
    found = []
    for each in listed:
        number, name, kind = each.split()
        plain = kind.rstrip("*!")
        is_message = plain[0].isupper()
        of = plain if is_message else ""
        found.append(Field(int(number), name, "message" if is_message else plain, of, "*" in kind, "!" in kind))  # type: ignore[arg-type]
    return tuple(found)


ROOT: Final = "ProfilesData"
MESSAGES: Final[Mapping[str, tuple[Field, ...]]] = {
    ROOT: _fields("1 resourceProfiles ResourceProfiles*", "2 dictionary ProfilesDictionary"),
    "ProfilesDictionary": _fields(
        *("1 mappingTable Mapping*", "2 locationTable Location*", "3 functionTable Function*", "4 linkTable Link*"),
        *("5 stringTable text*", "6 attributeTable KeyValueAndUnit*", "7 stackTable Stack*"),
    ),
    "ResourceProfiles": _fields("1 resource Resource", "2 scopeProfiles ScopeProfiles*", "3 schemaUrl text"),
    "Resource": _fields("1 attributes KeyValue*", "2 droppedAttributesCount number", "3 entityRefs EntityRef*"),
    "EntityRef": _fields("1 schemaUrl text", "2 type text", "3 idKeys text*", "4 descriptionKeys text*"),
    "ScopeProfiles": _fields("1 scope Scope", "2 profiles Profile*", "3 schemaUrl text"),
    "Scope": _fields("1 name text", "2 version text", "3 attributes KeyValue*", "4 droppedAttributesCount number"),
    "Profile": _fields(
        *("1 sampleType ValueType", "2 samples Sample*", "3 timeUnixNano fixed64", "4 durationNano ulong"),
        *("5 periodType ValueType", "6 period long", "7 profileId hex", "8 droppedAttributesCount number"),
        *("9 originalPayloadFormat text", "10 originalPayload bytes", "11 attributeIndices number*"),
    ),
    "Link": _fields("1 traceId hex", "2 spanId hex"),
    "ValueType": _fields("1 typeStrindex number", "2 unitStrindex number"),
    "Sample": _fields(
        *("1 stackIndex number", "2 attributeIndices number*", "3 linkIndex number", "4 values long*"),
        "5 timestampsUnixNano fixed64*",
    ),
    "Mapping": _fields(
        *("1 memoryStart ulong", "2 memoryLimit ulong", "3 fileOffset ulong", "4 filenameStrindex number"),
        "5 attributeIndices number*",
    ),
    "Stack": _fields("1 locationIndices number*"),
    "Location": _fields("1 mappingIndex number", "2 address ulong", "3 lines Line*", "4 attributeIndices number*"),
    "Line": _fields("1 functionIndex number", "2 line long", "3 column long"),
    "Function": _fields(
        "1 nameStrindex number", "2 systemNameStrindex number", "3 filenameStrindex number", "4 startLine long"
    ),
    "KeyValueAndUnit": _fields("1 keyStrindex number", "2 value AnyValue", "3 unitStrindex number"),
    "KeyValue": _fields("1 key text", "2 value AnyValue", "3 keyStrindex number"),
    "AnyValue": _fields(
        *("1 stringValue text!", "2 boolValue bool!", "3 intValue long!", "4 doubleValue double!"),
        *(
            "5 arrayValue ArrayValue",
            "6 kvlistValue KeyValueList",
            "7 bytesValue bytes!",
            "8 stringValueStrindex number!",
        ),
    ),
    "ArrayValue": _fields("1 values AnyValue*"),
    "KeyValueList": _fields("1 values KeyValue*"),
}
